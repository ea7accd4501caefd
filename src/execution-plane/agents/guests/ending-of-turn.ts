import type { BudgetLimits, BudgetUse, BudgetVerdict } from '#domain/budget'
import type { GuestExchange, ModelFailureKind, ProcessEnd, WantedLeave } from '#ports'

/** How a turn came out, as it is recorded; survives JSON. */
export type TurnEnding =
  | { readonly status: 'finished'; readonly summary: string }
  | { readonly status: 'exhausted'; readonly verdict: BudgetVerdict; readonly summary: string }
  | { readonly status: 'needs_leave'; readonly wanted: WantedLeave }
  | { readonly status: 'model_failed'; readonly failure: ModelFailureKind; readonly message: string }
  | { readonly status: 'failed'; readonly message: string }

/** Everything that tells how a turn came out. Only figures and states of the platform decide; words are for people. */
export interface TurnFacts {
  readonly end: ProcessEnd
  /** Why the platform stopped it, if it did. */
  readonly stopped: 'steps' | 'flood' | 'stalled' | undefined
  /** What the run's own record says is used up, where a step inside the turn found it. */
  readonly exhausted: BudgetVerdict | undefined
  /** What it was stopped for, until a person has answered. */
  readonly wanted: WantedLeave | undefined
  readonly exchanges: readonly GuestExchange[]
  readonly is_changed: boolean
  /** The program itself says that it failed. */
  readonly says_failed: boolean
  /** A conversation with it came to its end. */
  readonly concluded: boolean
  /** Redacted and cut. */
  readonly last_words: string
  readonly errors: string
  readonly calls: number
  readonly limits: BudgetLimits
  readonly use: BudgetUse
}

const PASSING: ReadonlySet<string> = new Set<ModelFailureKind>([
  'rate_limited',
  'overloaded',
  'timeout',
  'unreachable',
  'key_rejected',
  'key_missing',
  'model_unknown',
])

/** Decides how a turn came out. */
export function endingOfTurn(facts: TurnFacts): TurnEnding {
  const { end, stopped, exchanges, last_words: summary } = facts
  const verdict = spent(facts)
  if (verdict !== undefined) return { status: 'exhausted', verdict, summary }
  if (facts.wanted !== undefined) return { status: 'needs_leave', wanted: facts.wanted }
  const last = exchanges.at(-1)
  // A conversation that came to its end was ended by the platform, whatever its program's exit code.
  const isWell = (end.exit_code === 0 || facts.concluded) && !facts.says_failed && stopped === undefined
  if (isWell && (exchanges.length === 0 || last?.outcome === 'answered' || facts.is_changed))
    return { status: 'finished', summary: summary || 'The guest gave no summary.' }
  if (last?.outcome === 'failed' && PASSING.has(last.reason ?? ''))
    return { status: 'model_failed', failure: last.reason as ModelFailureKind, message: wordsOf(facts) }
  if (facts.is_changed && stopped === undefined && end.ended_by === 'exit')
    return { status: 'finished', summary: summary || 'The guest ended badly and gave no summary.' }
  return { status: 'failed', message: wordsOf(facts) }
}

function spent({ end, stopped, exhausted, exchanges, calls, limits, use }: TurnFacts): BudgetVerdict | undefined {
  if (exhausted !== undefined) return exhausted
  if (stopped === 'steps') return { budget: 'steps', used: use.steps + calls, limit: limits.max_steps }
  if (end.ended_by === 'timeout')
    return { budget: 'minutes', used: (use.active_ms + end.duration_ms) / 60_000, limit: limits.max_minutes }
  const last = exchanges.at(-1)
  if (last?.outcome !== 'refused' || !/budget|exhausted/.test(last.reason ?? '')) return undefined
  if (/token/.test(last.reason ?? '')) {
    const tokens = exchanges.reduce((sum, { usage }) => sum + (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0), 0)
    return { budget: 'tokens', used: use.tokens + tokens, limit: limits.max_tokens }
  }
  const cost = exchanges.reduce((sum, { cost_usd }) => sum + cost_usd, 0)
  return { budget: 'cost', used: use.cost_usd + cost, limit: limits.max_cost_usd }
}

const STOPPED = {
  flood: 'it was stopped because its output had no end',
  stalled: 'it was stopped because it did nothing any more',
} as const

function wordsOf({ end, stopped, exchanges, last_words, errors }: TurnFacts): string {
  const how =
    stopped === 'flood' || stopped === 'stalled'
      ? STOPPED[stopped]
      : `it ended by ${end.ended_by}${end.exit_code === null ? '' : ` with exit code ${end.exit_code}`}`
  const last = exchanges.at(-1)
  const model =
    last === undefined
      ? ' It never asked its model.'
      : last.outcome === 'answered'
        ? ''
        : ` Its last request was ${last.outcome}: ${last.reason ?? 'no reason given'}.`
  const words = [last_words, errors.trim().slice(-1_000)].filter((each) => each !== '').join(' / ')
  return `${how.charAt(0).toUpperCase()}${how.slice(1)}.${model}${words === '' ? '' : ` Last words: ${words}`}`
}
