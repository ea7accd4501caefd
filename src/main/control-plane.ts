import { GanderError } from '#domain/failure'
import { createPriceTable } from '#adapters/models'
import type { ControlPlaneWish, Served } from '#cli'
import { awaitDatabase } from './await-database.ts'
import { listening, openApi } from './open-api.ts'
import { keepAudit } from './open-audit.ts'
import type { openWorker } from './open-worker.ts'
import { processLog } from './process-log.ts'
import { attendDuties } from './reconcile.ts'
import { keptHome, sharedParts, type PlatformSettings } from './shared-parts.ts'

/** The API and the scheduler's duties, and no work: workers are processes of their own. */
export async function controlPlane(settings: PlatformSettings, wish: ControlPlaneWish): Promise<Served> {
  const tell = processLog('control-plane')
  const database = await awaitDatabase(settings, { tell: (what) => tell('waiting', { what }) })
  const shared = sharedParts(settings.home, database, settings.redactor, keptHome(settings))
  const working = async () => noWork(settings.home)
  const { api, token_file } = await openApi({ settings, shared, database, working, wish })
  const stop = new AbortController()
  const attended = attendDuties({ shared, database }, tell, stop.signal)
  const endAudit = keepAudit({ settings, database, redactor: shared.redactor })
  const close = async () => {
    stop.abort()
    await api.close()
    await attended
    await endAudit()
    await database.close()
  }
  const url = await listening(api, wish, close)
  tell('listening', { url })
  return { url, token_file, close }
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
