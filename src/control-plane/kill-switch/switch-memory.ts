import {
  concerns,
  isLater,
  STATE_UNKNOWN_AFTER_MS,
  type SwitchQuestion,
  type SwitchReading,
  type SwitchStanding,
} from '#domain/kill-switch'
import type { TenantId } from '#domain/ids'
import type { Clock, Switches } from '#ports'

/** How long a reading is believed without looking again. */
const FRESH_MS = 1_000

const UNKNOWN: SwitchStanding = { known: false }

/** What one process remembers of one tenant's switches. */
export interface SwitchMemory {
  standing(question: SwitchQuestion): Promise<SwitchStanding>
  /** From a look that began after this call. */
  standingNow(question: SwitchQuestion): Promise<SwitchStanding>
  /** What is remembered may be old; the next question looks again. */
  doubt(): void
}

/**
 * A reading is used for one second, or until it is doubted. One that failed, or that lacks what was known before, changes
 * nothing; when none could be believed for ten seconds the state is unknown.
 */
export function rememberSwitches(
  tenant: TenantId,
  { switches, clock }: { readonly switches: Pick<Switches, 'read'>; readonly clock: Pick<Clock, 'now'> },
): SwitchMemory {
  let reading: SwitchReading | undefined
  let believed_at = Number.NEGATIVE_INFINITY
  let fresh = false
  let looking: Promise<boolean> | undefined
  const look = async (): Promise<boolean> => {
    const at = clock.now()
    fresh = true
    try {
      const found = await switches.read(tenant)
      if (!isLater(found, reading)) return false
      reading = found
      believed_at = at
      return true
    } catch {
      // What was read last counts until it is too old to be believed.
      return false
    }
  }
  const answer = (question: SwitchQuestion): SwitchStanding =>
    reading === undefined || clock.now() - believed_at >= STATE_UNKNOWN_AFTER_MS
      ? UNKNOWN
      : { known: true, switches: reading.switches.filter(({ scope }) => concerns(scope, question)) }
  return {
    async standing(question) {
      if (!fresh || clock.now() - believed_at >= FRESH_MS) {
        looking ??= look().finally(() => (looking = undefined))
        await looking
      }
      return answer(question)
    },
    async standingNow(question) {
      await looking
      return (await look()) ? answer(question) : UNKNOWN
    },
    doubt: () => (fresh = false),
  }
}
