import { stopFor } from '#domain/kill-switch'
import type { RunId, TenantId } from '#domain/ids'
import type { GuestBudget, GuestStart, ModelAnswer, ModelCall, ModelFailureKind, SwitchCheck } from '#ports'

/** Which run asks. */
interface Asking {
  readonly tenant_id: string
  readonly run_id: string
}

/** Why a run may not ask models. */
interface Halt {
  readonly by: string
  /** False where nobody decided it, because nobody can tell what is stopped. */
  readonly decided: boolean
}

/** Who stopped the work of a run; undefined where nobody did. */
async function stopOf(check: SwitchCheck, { tenant_id, run_id }: Asking): Promise<Halt | undefined> {
  // Identifiers come over the gateway's own socket from a worker, which has them from the record.
  const { standing, question } = await check.standingOfRun(tenant_id as TenantId, run_id as RunId)
  const stop = stopFor(standing, 'work', question)
  return stop && { by: stop.by, decided: standing.known }
}

/** A guest's money is its leave to ask: while the run is stopped there is none, and what is open is cut as cancelled. */
export const guardGuestBudget = (budget: GuestBudget, check: SwitchCheck): GuestBudget => ({
  ...budget,
  standing: async (start: GuestStart) =>
    (await stopOf(check, start)) === undefined ? budget.standing(start) : 'cancelled',
  reserve: async (start, wanted) =>
    (await stopOf(check, start)) === undefined
      ? budget.reserve(start, wanted)
      : { status: 'cancelled', used: 0, limit: 0 },
})

const failed = (kind: ModelFailureKind, message: string): ModelAnswer => ({
  status: 'failed',
  kind,
  message,
  retry_after_ms: null,
  retryable: false,
})

/** What a call gets that was not sent. */
const refused = ({ by }: Halt): ModelAnswer => failed('refused_by_policy', `The model was not asked: ${by}.`)

/** What a call gets that was under way; it may have worked, and is booked so. */
const cutOff = ({ by }: Halt): ModelAnswer =>
  failed('stopped', `The model was left before it had answered: ${by}. What it did cannot be known.`)

interface CallGuard {
  /** Sends a call; the provider is left when the signal is aborted. */
  readonly answer: (call: ModelCall, cut: AbortSignal) => Promise<ModelAnswer>
  readonly check: SwitchCheck
  /** Who asked that a run end; undefined where nobody did. */
  readonly cancelledBy: (tenant: TenantId, run: RunId) => Promise<string | undefined>
}

/**
 * Lets calls through while their run may work. One that is under way when its run is stopped or cancelled is cut at the
 * provider and answered as `stopped` at once. Where nobody can tell what is stopped the caller is let go, and the
 * provider is heard to its end: nobody decided that its answer, which is paid for, be thrown away.
 */
export function guardModelCalls({ answer, check, cancelledBy }: CallGuard): (call: ModelCall) => Promise<ModelAnswer> {
  const haltOf = async (call: ModelCall): Promise<Halt | undefined> => {
    const stop = await stopOf(check, call)
    if (stop !== undefined) return stop
    const by = await cancelledBy(call.tenant_id as TenantId, call.run_id as RunId)
    return by === undefined ? undefined : { by: `cancelled by ${by}`, decided: true }
  }
  return async (call) => {
    const before = await stopOf(check, call)
    if (before !== undefined) return refused(before)
    const stopped = Promise.withResolvers<ModelAnswer>()
    const cut = new AbortController()
    const look = async (): Promise<void> => {
      // A question that fails for a moment stops nobody; the next look asks again.
      const halt = await haltOf(call).catch(() => undefined)
      if (halt === undefined) return
      stopped.resolve(cutOff(halt))
      if (halt.decided) cut.abort()
    }
    const forget = check.onHint(() => void look())
    const timer = setInterval(() => void look(), LOOK_MS)
    const rest = (): void => {
      clearInterval(timer)
      forget()
    }
    const answered = answer(call, cut.signal).finally(rest)
    // Where the stop comes first, what becomes of the call is the exchange's own business.
    answered.catch(() => undefined)
    return Promise.race([answered, stopped.promise])
  }
}

/** Between looks while a call is under way, should no hint come. */
const LOOK_MS = 1_000
