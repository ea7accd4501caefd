import { isGanderError, type FailureClass, type GanderError } from '#domain/failure'
import { budgetScopeName, type BudgetName } from '#domain/budget'
import type { PauseReason } from '#domain/run'
import { BudgetExhausted, type AgentOutcome } from '#ports'
import type { Ending } from './execution.ts'

const PAUSE_OF: Readonly<Record<BudgetName, PauseReason>> = {
  cost: 'budget_cost',
  minutes: 'budget_minutes',
  steps: 'budget_steps',
  tokens: 'budget_tokens',
}

const needsHuman = (failure: FailureClass, what: string, why: string): Ending => ({
  kind: 'end',
  state: 'needs_human',
  failure,
  what,
  why,
})

/** How a run stops when an agent's turn did not end as its phase wants; `unfit` names the class for a wrong kind of end. */
export function endingOf(outcome: AgentOutcome, unfit: FailureClass): Ending {
  switch (outcome.kind) {
    case 'planned':
      return needsHuman(unfit, 'The agent planned again where it was asked to work.', 'A plan is no change.')
    case 'finished':
      return needsHuman(unfit, 'The agent ended its turn without an accepted plan.', outcome.summary)
    case 'blocked':
      return needsHuman(
        'agent_blocked',
        `The agent reports that it is blocked: ${outcome.reason}`,
        `It needs: ${outcome.needs}`,
      )
    case 'stuck':
      return needsHuman('agent_stuck', 'The agent went round in circles and was stopped.', outcome.reason)
    case 'exhausted':
      return exhaustedEnding(outcome.verdict)
    case 'model_failed':
      if (outcome.failure === 'departed')
        return failed('model_departed', 'The run departed from its recording.', outcome.message)
      return { kind: 'pause', reason: 'model_unavailable', explanation: `${outcome.failure}: ${outcome.message}` }
    case 'outcome_unknown':
      return needsHuman(
        'outcome_unknown',
        'A model call was interrupted twice; its outcome is unknown.',
        outcome.message,
      )
    case 'needs_leave':
      return needsHuman('agent_blocked', 'The agent may not go on without leave.', outcome.wanted.reason)
    case 'guest_failed':
      return needsHuman('guest_failed', 'The guest ended without a change.', outcome.message)
    default:
      return outcome satisfies never
  }
}

const failed = (failure: FailureClass, what: string, why: string): Ending => ({
  kind: 'end',
  state: 'failed',
  failure,
  what,
  why,
})

function exhaustedEnding(verdict: BudgetExhausted['verdict']): Ending {
  const figure = (value: number) =>
    verdict.budget === 'cost' ? `$${value.toFixed(4)}` : String(Math.round(value * 100) / 100)
  const whose = verdict.scope === undefined ? `the ${verdict.budget} budget` : budgetScopeName(verdict.scope)
  const explanation = `${whose.charAt(0).toUpperCase()}${whose.slice(1)} is used up: ${figure(verdict.used)} of ${figure(verdict.limit)}; the next step does not fit.`
  return { kind: 'pause', reason: PAUSE_OF[verdict.budget], explanation }
}

/** How a run stops when something broke; undefined when the work must simply stop because the run is not ours. */
export function endingOfError(error: unknown): Ending | undefined {
  if (error instanceof BudgetExhausted) return exhaustedEnding(error.verdict)
  if (!isGanderError(error)) return failed('internal', 'Something broke inside Gander.', textOf(error))
  return endingOfCode(error)
}

/** How codes that are no defects of the program end a run; undefined: stop, the run is another worker's. */
const ENDING_OF_CODE: Partial<Record<GanderError['code'], (explanation: string) => Ending | undefined>> = {
  lease_lost: () => undefined,
  // Nobody can say what was written last: the record will, to whoever takes the run up again.
  database_unavailable: () => undefined,
  stopped: (explanation) => ({ kind: 'pause', reason: 'requested', explanation }),
  storage_full: (explanation) => ({ kind: 'pause', reason: 'storage_full', explanation }),
  storage_unwritable: (explanation) => ({ kind: 'pause', reason: 'storage_full', explanation }),
  gateway_unavailable: (explanation) => ({ kind: 'pause', reason: 'model_unavailable', explanation }),
  model_unreachable: (explanation) => ({ kind: 'pause', reason: 'model_unavailable', explanation }),
  publication_failed: (explanation) => ({ kind: 'pause', reason: 'publication_failed', explanation }),
  // Nothing leaves the platform without its signed packet; once the signer is mended the run goes on from there.
  evidence_not_signed: (explanation) => ({ kind: 'pause', reason: 'publication_failed', explanation }),
  evidence_key_unreadable: (explanation) => ({ kind: 'pause', reason: 'publication_failed', explanation }),
  sandbox_unavailable: (why) => failed('sandbox_unavailable', 'The sandbox does not hold.', why),
  sandbox_control_missing: (why) => failed('sandbox_unavailable', 'The sandbox does not hold.', why),
  repository_not_found: (why) => failed('source_unavailable', 'The repository cannot be read.', why),
  repository_empty: (why) => failed('source_unavailable', 'The repository cannot be read.', why),
  repository_unreadable: (why) => failed('source_unavailable', 'The repository cannot be read.', why),
  source_too_large: (why) => failed('source_unavailable', 'The repository is too large.', why),
  guest_not_found: (why) => needsHuman('guest_unavailable', 'The agent that was asked for is not here.', why),
  model_not_allowed: (why) => needsHuman('guest_unavailable', 'The guest may not use this model.', why),
  ref_not_found: (why) => failed('source_unavailable', 'The repository cannot be read.', why),
}

function endingOfCode(error: GanderError): Ending | undefined {
  const explanation = `${error.message} ${error.remedy}`
  const ending = ENDING_OF_CODE[error.code]
  if (ending !== undefined) return ending(explanation)
  return failed('internal', 'Something broke inside Gander.', `${error.code}: ${explanation}`)
}

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
