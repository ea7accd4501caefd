import { join } from 'node:path'
import { openDatabase, type Database } from '#adapters/postgres'
import { askSwitches } from '#control-plane/kill-switch'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { questionOf } from '#domain/kill-switch'
import type { Platform, TenantApprovals } from '#ports'
import { boundTask } from './bound-task.ts'
import { createInProcessPlatform } from './in-process-platform.ts'
import { once } from './once.ts'
import { openCapabilities } from './open-capabilities.ts'
import { openApprovals } from './open-approvals.ts'
import { autonomyOf, openAutonomy } from './open-autonomy.ts'
import type { openWorker } from './open-worker.ts'
import { keptHome, sharedParts, type PlatformSettings, type SharedParts } from './shared-parts.ts'

type Working = Awaited<ReturnType<typeof openWorker>>

/** Wires the platform of one process. The gateway and the sandbox are loaded only when a run is worked on. */
export async function openPlatform(settings: PlatformSettings): Promise<Platform> {
  const { home, database_url } = settings
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  const shared = sharedParts(home, database, settings.redactor, keptHome(settings))
  const keys: Record<string, string> = {}
  const working = once(async () => (await import('./open-worker.ts')).openWorker({ settings, shared, keys }))
  const platform = platformOver({ settings, shared, database, working, keys })
  return {
    ...platform,
    work: async (run, signal) => {
      const view = await platform.work(run, signal)
      const { checkpointAfter } = await import('./open-audit.ts')
      await checkpointAfter({ settings, database, redactor: shared.redactor }, view.run.tenant_id)
      return view
    },
    close: async () => {
      if (working.started()) await (await working()).close()
      await platform.close()
    },
  }
}

/** What a platform stands on in a process that has its database and its worker. */
interface PlatformGround {
  readonly settings: PlatformSettings
  readonly shared: SharedParts
  readonly database: Database
  readonly working: () => Promise<Working>
  /** Whose runs it is about; absent: the installation's own tenant. */
  readonly tenant?: TenantId
  /** Where keys that come with orders are put; absent: they are not taken. */
  readonly keys?: Record<string, string>
}

/** The platform over what there is already; `close` closes the database. */
export function platformOver(ground: PlatformGround): Platform {
  const { settings, database, working, keys, tenant = LOCAL_TENANT } = ground
  const { home } = settings
  const shared = { ...ground.shared, ...ground.shared.ofTenant(tenant) }
  const { approval_desk, ...approvals } = openApprovals(settings, shared)
  const autonomy = openAutonomy(home, shared.autonomy_records, shared.gate_calibrations)
  const platform = createInProcessPlatform({
    ...shared,
    tenant,
    bounded: boundTask(home, shared.policy_bundles),
    ...approvals,
    autonomy,
    capabilities: openCapabilities(home, shared.capability_records),
    runs_folder: join(keptHome(settings), 'runs'),
    prices: async () => (await working()).prices,
    worker: async (asks_a_model) => {
      const worked = await working()
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
      Object.assign(keys ?? {}, given)
    },
    controls: { ...shared.controls, tenant_id: tenant },
    admit: (task, act) => askSwitches(shared.switch_board, act, questionOf(task)),
    close: () => shared.switch_board.close().then(() => database.close()),
  })
  const desk: TenantApprovals = {
    waiting: (who) => approval_desk.waiting(tenant, who),
    revoke: (run, answer) => approval_desk.revoke(run, answer),
  }
  return { ...platform, desk, autonomy: autonomyOf(autonomy, tenant), memory: shared.memory }
}
