import { GanderError } from '#domain/failure'
import { createScheduler } from '#control-plane/scheduler'
import { createPriceTable } from '#adapters/models'
import type { ControlPlaneWish, Served } from '#cli'
import { awaitDatabase } from './await-database.ts'
import { openApi } from './open-api.ts'
import type { openWorker } from './open-worker.ts'
import { processLog } from './process-log.ts'
import { keptHome, sharedParts, type PlatformSettings } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'
import { workerIdentity } from './worker-identity.ts'

const SWEEP_MS = 2_000

/** The API and the scheduler's duties, and no work: workers are processes of their own. */
export async function controlPlane(settings: PlatformSettings, wish: ControlPlaneWish): Promise<Served> {
  const tell = processLog('control-plane')
  const database = await awaitDatabase(settings, { tell: (what) => tell('waiting', { what }) })
  const shared = sharedParts(settings.home, database, settings.redactor, keptHome(settings))
  const working = async () => noWork(settings.home)
  const { api, token_file } = await openApi({ settings, shared, database, working, wish })
  const stop = new AbortController()
  const identity = workerIdentity()
  const scheduler = createScheduler({ clock: systemClock, note: ({ kind, ...facts }) => tell(kind, facts) })
  const sweep = { name: 'stale_leases', every_ms: SWEEP_MS, perform: () => shared.store.sweep(identity) }
  const attended = scheduler.attend([sweep], stop.signal)
  const url = await api.listen({ host: wish.host, port: wish.port })
  tell('listening', { url })
  return {
    url,
    token_file,
    close: async () => {
      stop.abort()
      await api.close()
      await attended
      await database.close()
    },
  }
}

type Working = Awaited<ReturnType<typeof openWorker>>

/** Prices, which orders are checked against, and a worker that never works. */
function noWork(home: string): Working {
  const refuse = async () => {
    throw new GanderError('internal', 'The control plane was asked to work on a run itself.')
  }
  return {
    worker: { workOn: refuse, serve: refuse },
    warm: () => {},
    prices: createPriceTable({ home }),
    close: async () => {},
  }
}
