import { join } from 'node:path'
import { openDatabase } from '#adapters/postgres'
import type { Platform } from '#ports'
import { createInProcessPlatform } from './in-process-platform.ts'
import { once } from './once.ts'
import { openApprovals } from './open-approvals.ts'
import { sharedParts, type PlatformSettings } from './shared-parts.ts'

/** Wires the platform of one process. The gateway and the sandbox are loaded only when a run is worked on. */
export async function openPlatform(settings: PlatformSettings): Promise<Platform> {
  const { home, database_url } = settings
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  const shared = sharedParts(home, database, settings.redactor)
  const keys: Record<string, string> = {}
  const work = once(async () => (await import('./open-worker.ts')).openWorker({ settings, shared, keys }))
  return createInProcessPlatform({
    ...shared,
    approvals: openApprovals(settings, shared),
    runs_folder: join(home, 'runs'),
    prices: async () => (await work()).prices,
    worker: async (asks_a_model) => {
      const worked = await work()
      if (asks_a_model) worked.warm()
      return worked.worker
    },
    checkRecording: async ({ agent }) => {
      if (agent.kind !== 'native') return
      const { readRecording } = await import('#adapters/models')
      for (const model of [agent.model, agent.fallback]) if (model?.api === 'recorded') await readRecording(model.model)
    },
    sandboxProfile: async (chosen) => (await import('./sandbox-profiles.ts')).sandboxProfile(home, chosen),
    holdKeys: (given) => {
      for (const [name, key] of Object.entries(given)) shared.redactor.register(name, key)
      Object.assign(keys, given)
    },
    close: async () => {
      if (work.started()) await (await work()).close()
      await database.close()
    },
  })
}
