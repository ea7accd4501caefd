import { createPublisher } from '#control-plane/pull-requests'
import { createRedactor } from '#evidence-plane/redaction'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { createLocalForge } from '#adapters/forges/local'
import { createPlainGitForge } from '#adapters/forges/plain-git'
import { createRepositories } from '#adapters/git'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import type { Forge, Platform } from '#ports'
import { createInProcessPlatform } from './in-process-platform.ts'
import { once } from './once.ts'
import { identifiers } from './system-clock.ts'

/** Where the platform of this process keeps everything, and what it may use. */
export interface PlatformSettings {
  /** Absolute path of GANDER_HOME. */
  readonly home: string
  /** Absent: the embedded server. */
  readonly database_url?: string
  readonly version: string
}

/** What every command needs; cheap to make. */
export type SharedParts = ReturnType<typeof sharedParts>

/** Wires the platform of one process. The gateway and the sandbox are loaded only when a run is worked on. */
export async function openPlatform(settings: PlatformSettings): Promise<Platform> {
  const { home, database_url } = settings
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  const shared = sharedParts(home, database)
  const keys: Record<string, string> = {}
  const work = once(async () => (await import('./open-worker.ts')).openWorker({ settings, shared, keys }))
  return createInProcessPlatform({
    ...shared,
    prices: async () => (await work()).prices,
    worker: async (asks_a_model) => {
      const { worker, warm } = await work()
      if (asks_a_model) warm()
      return worker
    },
    checkRecording: async ({ agent }) => {
      if (agent.kind !== 'native') return
      const { readRecording } = await import('#adapters/models')
      for (const model of [agent.model, agent.fallback]) if (model?.api === 'recorded') await readRecording(model.model)
    },
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

function sharedParts(home: string, database: Database) {
  const redactor = createRedactor()
  const local = createLocalForge({ home })
  const plain = createPlainGitForge({ home })
  const forgeOf = (repository: string): Forge => (isRemote(repository) ? plain : local)
  return {
    store: createRunStore({ database, identifiers }),
    artifacts: createFilesystemArtifacts({ home }),
    repositories: createRepositories({ home }),
    redactor,
    forgeOf,
    publisher: createPublisher({ forgeOf, redactor }),
  }
}

/** A git address of another place, which gets the branch itself; paths are kept by the local forge. */
const isRemote = (repository: string): boolean =>
  /^(https?|ssh|git|file):\/\//i.test(repository) || /^[\w.-]+@[\w.-]+:/.test(repository)
