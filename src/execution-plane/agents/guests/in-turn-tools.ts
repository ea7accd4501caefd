import type { BudgetVerdict } from '#domain/budget'
import { BudgetExhausted, type AgentTools, type ToolCallResult, type WantedLeave } from '#ports'

/** How the platform's own hand failed while a guest used it. */
export type Broken =
  | { readonly kind: 'exhausted'; readonly verdict: BudgetVerdict }
  | { readonly kind: 'thrown'; readonly error: unknown }
  /** Nothing failed: a person has to agree before the guest goes on. */
  | { readonly kind: 'needs_leave'; readonly wanted: WantedLeave }

/** A run's tools for the length of one turn of a guest. */
export interface InTurnTools {
  readonly tools: AgentTools
  /** What broke first; undefined while nothing has. */
  broken(): Broken | undefined
  /** Whether a call waits or acts. */
  readonly isServed: () => boolean
  /** Takes no further call and waits for the one that acts. */
  end(): Promise<void>
}

/**
 * A guest may ask over several connections at once, and the steps of a run are one after another: its calls wait for each
 * other. A call that throws is no answer to a guest (the lease, the disk or the budget is gone): the turn is over, which
 * `onBroken` is told once.
 */
export function inTurn(given: AgentTools, onBroken: () => void): InTurnTools {
  let queue: Promise<unknown> = Promise.resolve()
  let broken: Broken | undefined
  let is_over = false
  let open = 0
  const next = <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    open += 1
    const turn = queue.then(async () => {
      if (is_over || broken !== undefined) throw new Error('The turn is over.')
      try {
        return await act()
      } catch (error) {
        broken ??=
          error instanceof BudgetExhausted ? { kind: 'exhausted', verdict: error.verdict } : { kind: 'thrown', error }
        onBroken()
        throw new Error('The platform could not do this; the turn is over.', { cause: error })
      }
    })
    queue = turn.catch(() => undefined).finally(() => (open -= 1))
    return turn
  }
  const waiting = (result: ToolCallResult): ToolCallResult => {
    if (result.control?.kind !== 'needs_leave') return result
    broken ??= { kind: 'needs_leave', wanted: result.control.wanted }
    onBroken()
    return result
  }
  return {
    tools: {
      declarations: (phase) => given.declarations(phase),
      call: async (request, at) => waiting(await next(() => given.call(request, at))),
      leave: (request, at) => next(() => given.leave(request, at)),
    },
    broken: () => broken,
    isServed: () => open > 0,
    end: async () => {
      is_over = true
      await queue
    },
  }
}
