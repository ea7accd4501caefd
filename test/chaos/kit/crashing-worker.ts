/** A worker that works on one run and ends as by kill -9 at a boundary of its steps. Its arguments: RUN POINT NUMBER. */
import process from 'node:process'
import { openDatabase } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { openWorker } from '../../../src/main/open-worker.ts'
import { sharedParts } from '../../../src/main/shared-parts.ts'

/** Where a step can be interrupted: around the record of its intent, and around that of its outcome. */
export const CRASH_POINTS = ['before_intent', 'after_intent', 'after_effect', 'after_record'] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The store of a worker that dies at the given point of the step it begins as its so-many-th. */
function crashing(store: RunStore, point: CrashPoint, number: number): RunStore {
  let begun = 0
  let doomed: number | undefined
  return {
    ...store,
    async beginStep(...given) {
      const is_it = ++begun === number
      if (is_it && point === 'before_intent') await die()
      const begin = await store.beginStep(...given)
      if (is_it && point === 'after_intent') await die()
      if (is_it && begin.ok) doomed = begin.value.n
      return begin
    },
    async finishStep(...given) {
      const is_it = given[2] === doomed
      if (is_it && point === 'after_effect') await die()
      const finished = await store.finishStep(...given)
      if (is_it && point === 'after_record') await die()
      return finished
    },
  }
}

/** No handler runs and nothing is said, as when the machine's killer comes. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise<never>(() => undefined)
}

if (import.meta.main) {
  const [run, point, number] = process.argv.slice(2)
  const home = process.env['GANDER_HOME'] ?? ''
  const database_url = process.env['DATABASE_URL'] ?? ''
  const database = await openDatabase({ url: database_url })
  const shared = sharedParts(home, database)
  const settings = { home, database_url, version: 'chaos' }
  const store = crashing(shared.store, point as CrashPoint, Number(number))
  const ofTenant: typeof shared.ofTenant = (tenant) => ({ ...shared.ofTenant(tenant), store })
  const doomed = { ...shared, store, ofTenant }
  const { worker } = await openWorker({ settings, shared: doomed, keys: {} })
  await worker.workOn(run as RunId)
  process.exit(0)
}
