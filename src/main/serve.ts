import { openDatabase } from '#adapters/postgres'
import type { ServeWish, Served } from '#cli'
import { listening, openApi } from './open-api.ts'
import { keepAudit } from './open-audit.ts'
import { openWorker } from './open-worker.ts'
import { processLog } from './process-log.ts'
import { attendDuties } from './reconcile.ts'
import { keptHome, sharedParts, type PlatformSettings } from './shared-parts.ts'

/** Everything in one process: API, scheduler and workers; database and gateway are processes of their own. */
export async function serve(settings: PlatformSettings, wish: ServeWish): Promise<Served> {
  const { home, database_url } = settings
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  const shared = sharedParts(home, database, settings.redactor, keptHome(settings))
  for (const [name, key] of Object.entries(wish.keys)) shared.redactor.register(name, key)
  const working = await openWorker({ settings, shared, keys: wish.keys })
  const { api, token_file } = await openApi({ settings, shared, database, working: async () => working, wish })
  const stop = new AbortController()
  const attended = attendDuties({ shared, database }, processLog('serve'), stop.signal)
  const endAudit = keepAudit({ settings, database, redactor: shared.redactor })
  const worked = working.worker.serve(wish.workers, stop.signal)
  working.warm()
  const close = async () => {
    stop.abort()
    await api.close()
    await Promise.all([worked, attended])
    await endAudit()
    await working.close()
    await database.close()
  }
  return { url: await listening(api, wish, close), token_file, close }
}
