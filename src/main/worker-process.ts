import { newerMigrations, type Database } from '#adapters/postgres'
import type { WorkerNote } from '#execution-plane/worker'
import type { Standing, WorkerWish } from '#cli'
import { awaitDatabase } from './await-database.ts'
import { openWorker } from './open-worker.ts'
import { processLog, type Tell } from './process-log.ts'
import { keptHome, sharedParts, type PlatformSettings } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'
import { workerIdentity } from './worker-identity.ts'

const LOOK_AT_SCHEMA_MS = 3_000
const HEALTH_MS = 60_000

/** Leases any run and works on it; offers nothing itself. */
export async function workerProcess(given: PlatformSettings, wish: WorkerWish): Promise<Standing> {
  const settings: PlatformSettings = { ...given, ...(wish.gateway && { gateway: wish.gateway }) }
  const tell = processLog(wish.name)
  const database = await awaitDatabase(settings, { tell: (what) => tell('waiting', { what }) })
  const shared = sharedParts(settings.home, database, settings.redactor, keptHome(settings))
  for (const [name, key] of Object.entries(wish.keys)) shared.redactor.register(name, key)
  const identity = workerIdentity()
  const working = await openWorker({ settings, shared, keys: wish.keys, identity })
  const stop = new AbortController()
  const schema = watchSchema(database, tell, stop.signal)
  const health = watchHealth(tell)
  const worked = working.worker.serve(wish.at_once, stop.signal, {
    drain_ms: wish.drain_seconds * 1000,
    note: health.note,
    holdOff: () => schema.holdOff(),
  })
  tell('ready', { worker: identity.id, at_once: wish.at_once })
  return {
    about: [`worker ${wish.name} takes ${wish.at_once} at once`],
    ended: worked,
    close: async () => {
      tell('draining', { in_hand: health.inHand(), seconds: wish.drain_seconds })
      stop.abort()
      await worked
      health.stop()
      await working.close()
      await database.close()
      tell('left', { done: health.done() })
    },
  }
}

/** A worker that is older than the schema takes no more runs, and says so once. */
function watchSchema(database: Database, tell: Tell, signal: AbortSignal): { holdOff(): string | undefined } {
  let reason: string | undefined
  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      // While the database is away nothing is leased anyway.
      const newer = await newerMigrations(database).catch(() => [])
      if (newer.length > 0 && reason === undefined) {
        reason = `The database belongs to a newer Gander (${newer.join(', ')}).`
        tell('takes_no_more', {
          why: reason,
          next: 'Start a worker of that version; what is in hand here is finished.',
        })
      }
      await systemClock.sleep(LOOK_AT_SCHEMA_MS, signal).catch(() => undefined)
    }
  }
  void look()
  return { holdOff: () => reason }
}

/** Counts what is in hand and tells it each minute and whenever the queue goes away or comes back. */
function watchHealth(tell: Tell) {
  let in_hand = 0
  let done = 0
  const timer = setInterval(() => tell('health', { in_hand, done }), HEALTH_MS)
  return {
    note: (note: WorkerNote) => {
      if (note.kind === 'took') in_hand++
      if (note.kind === 'put_down') {
        in_hand--
        done++
      }
      const { kind, ...facts } = note
      tell(kind, { ...facts, in_hand })
    },
    inHand: () => in_hand,
    done: () => done,
    stop: () => clearInterval(timer),
  }
}
