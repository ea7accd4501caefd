import { NO_USE, type BudgetLimits, type BudgetUse } from '#domain/budget'
import { missingFields, type EventDraft } from '#domain/event'
import { canonicalJson, type Json } from '#domain/json'
import type { PolicyDecision, StepContext, StepIntent, StepJournal, StepOutcome } from '#ports'

/** Steps kept in memory: what a worker's record looks like to an agent. Survives a "crash" when it is handed on. */
export interface StepMemory {
  readonly steps: Map<string, MemoryStep>
}

interface MemoryStep {
  readonly n: number
  readonly request: string
  readonly decision?: PolicyDecision | undefined
  readonly outcome?: StepOutcome<Json>
}

export const emptyMemory = (): StepMemory => ({ steps: new Map() })

export interface MemoryJournal extends StepJournal {
  readonly memory: StepMemory
  /** Steps that acted in this life of the journal, in order. */
  readonly acted: readonly StepIntent[]
  readonly events: readonly EventDraft[]
  use(): BudgetUse
}

/** A journal as the port promises it: recorded values come back, other requests under a known key are refused. */
export function memoryJournal(
  memory: StepMemory = emptyMemory(),
  before?: (intent: StepIntent) => void,
): MemoryJournal {
  const acted: StepIntent[] = []
  const events: EventDraft[] = []
  let replaying = true
  return {
    memory,
    acted,
    events,
    get replaying() {
      return replaying
    },
    use: () => usedBy(memory),
    recorded: (key) => memory.steps.get(key)?.outcome !== undefined,
    async perform<Value extends Json>(
      intent: StepIntent,
      act: (context: StepContext) => Promise<StepOutcome<Value>>,
    ): Promise<Value> {
      const request = canonicalJson(intent.request)
      const known = memory.steps.get(intent.key)
      if (known !== undefined && known.request !== request) throw new Error(`replay_diverged at ${intent.key}`)
      if (known?.outcome !== undefined) return JSON.parse(JSON.stringify(known.outcome.value)) as Value
      before?.(intent)
      const reopened = known !== undefined
      const { n } = known ?? { n: memory.steps.size + 1 }
      const decision = known?.decision ?? intent.decision
      const step = { n, request, decision }
      memory.steps.set(intent.key, step)
      replaying = false
      acted.push(intent)
      const outcome = await act({ n, reopened, ...(decision !== undefined && { decision }) })
      for (const event of outcome.events ?? []) {
        const missing = missingFields(event)
        if (missing.length > 0) throw new Error(`${event.event} lacks ${missing.join(', ')}`)
        events.push(event)
      }
      memory.steps.set(intent.key, { ...step, outcome })
      return JSON.parse(JSON.stringify(outcome.value)) as Value
    },
  }
}

function usedBy(memory: StepMemory): BudgetUse {
  const outcomes = [...memory.steps.values()].flatMap((step) => (step.outcome === undefined ? [] : [step.outcome]))
  return {
    ...NO_USE,
    cost_usd: outcomes.reduce((sum, outcome) => sum + (outcome.cost_usd ?? 0), 0),
    tokens: outcomes.reduce((sum, outcome) => sum + (outcome.tokens ?? 0), 0),
    steps: outcomes.length,
  }
}

export const WIDE_LIMITS: BudgetLimits = {
  max_cost_usd: 1000,
  max_minutes: 1000,
  max_steps: 1000,
  max_tokens: 100_000_000,
  max_repairs: 3,
}
