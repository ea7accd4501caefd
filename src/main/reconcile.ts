import { createScheduler, reconcilingDuties, type Duty } from '#control-plane/scheduler'
import { createReconciliation, type Database } from '#adapters/postgres'
import type { Tell } from './process-log.ts'
import type { SharedParts } from './shared-parts.ts'
import { identifiers, systemClock } from './system-clock.ts'
import { workerIdentity } from './worker-identity.ts'

const SWEEP_MS = 2_000

/** Does what is to be done without being asked, until the signal. */
export function attendDuties(
  { shared, database }: { readonly shared: SharedParts; readonly database: Database },
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const scheduler = createScheduler({ clock: systemClock, note: ({ kind, ...facts }) => tell(kind, facts) })
  return scheduler.attend(standingDuties(shared, database), signal)
}

function standingDuties(shared: SharedParts, database: Database): readonly Duty[] {
  const identity = workerIdentity()
  const records = createReconciliation({ database, identifiers })
  const { forgeOf, stores } = shared
  const sweep = { name: 'stale_leases', every_ms: SWEEP_MS, perform: () => stores.sweep(identity) }
  return [sweep, ...reconcilingDuties({ records, forgeOf })]
}
