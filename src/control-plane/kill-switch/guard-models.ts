import { stopFor } from '#domain/kill-switch'
import type { RunId, TenantId } from '#domain/ids'
import type { GuestBudget, GuestStart, ModelAnswer, ModelCall, SwitchCheck } from '#ports'

/** Which run asks. */
interface Asking {
  readonly tenant_id: string
  readonly run_id: string
}

/** Who stopped the work of a run; undefined where nobody did. */
async function stopOf(check: SwitchCheck, { tenant_id, run_id }: Asking): Promise<string | undefined> {
  // Identifiers come over the gateway's own socket from a worker, which has them from the record.
  const { standing, question } = await check.standingOfRun(tenant_id as TenantId, run_id as RunId)
  return stopFor(standing, 'work', question)?.by
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

/** What a call that is stopped gets; nothing was sent. */
const refused = (by: string): ModelAnswer => ({
  status: 'failed',
  kind: 'refused_by_policy',
  message: `The model was not asked: ${by}.`,
  retry_after_ms: null,
  retryable: false,
})

/**
 * Lets calls through while their run may work. One that is under way when its run is stopped is answered as refused at
 * once; what the provider says then is still recorded and paid for, and goes to nobody.
 */
export function guardModelCalls(
  answer: (call: ModelCall) => Promise<ModelAnswer>,
  check: SwitchCheck,
): (call: ModelCall) => Promise<ModelAnswer> {
  return async (call) => {
    const before = await stopOf(check, call)
    if (before !== undefined) return refused(before)
    const stopped = Promise.withResolvers<ModelAnswer>()
    const look = async (): Promise<void> => {
      const by = await stopOf(check, call)
      if (by !== undefined) stopped.resolve(refused(by))
    }
    const forget = check.onHint(() => void look())
    const timer = setInterval(() => void look(), LOOK_MS)
    try {
      const answered = answer(call)
      // Where the stop comes first, what becomes of the call is the exchange's own business.
      answered.catch(() => undefined)
      return await Promise.race([answered, stopped.promise])
    } finally {
      clearInterval(timer)
      forget()
    }
  }
}

/** Between looks while a call is under way, should no hint come. */
const LOOK_MS = 1_000
