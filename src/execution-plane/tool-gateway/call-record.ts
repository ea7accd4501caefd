import { createHash } from 'node:crypto'
import { redactionEvents, type EventDraft } from '#domain/event'
import type { JsonObject } from '#domain/json'
import { FOREIGN_TOOL } from '#domain/ledger'
import type { AgentPhase } from '#domain/tool'
import type { PolicyDecision, Redactor } from '#ports'
import type { Findings } from './call-context.ts'
import type { ToolRun } from './tool.ts'

/** What is known about a call when it is over. */
export interface CallFacts {
  readonly tool: string
  readonly tool_version: string
  /** True for a foreign server's tool; the gateway of those keeps a sequence of its own. */
  readonly is_foreign: boolean
  readonly args_hash: string
  readonly phase: AgentPhase
  readonly run: ToolRun
  /** As the model gets it. */
  readonly text: string
  readonly duration_ms: number
  readonly findings: Findings
  readonly decision?: PolicyDecision
}

/** The events of one call in their order: asked, decided, done, and what it did. */
export function eventsOf(facts: CallFacts): readonly EventDraft[] {
  const { tool, args_hash, phase, run } = facts
  const about = subject(facts)
  const requested: EventDraft = { ...about, event: 'tool_call_requested', facts: { tool, args_hash, state: phase } }
  return [
    requested,
    ...verdictOf(facts, about),
    ...(run.events ?? []).map((event) => ({ ...about, ...event })),
    ...findingsOf(facts, about),
  ]
}

type Subject = Pick<
  EventDraft,
  'actor_type' | 'actor' | 'resource_type' | 'resource_id' | 'request_hash' | 'decision_id' | 'policy_version'
>

const subject = ({ tool, args_hash, decision, is_foreign }: CallFacts): Subject => ({
  actor_type: 'agent',
  actor: 'agent',
  resource_type: is_foreign ? FOREIGN_TOOL : 'tool',
  resource_id: tool,
  request_hash: args_hash,
  ...(decision === undefined ? {} : { decision_id: decision.decision_id, policy_version: decision.policy_version }),
})

function verdictOf(facts: CallFacts, about: Subject): readonly EventDraft[] {
  const { tool, phase, run, decision } = facts
  const isAllowed = decision?.answer === 'allow'
  const refused: EventDraft = {
    ...about,
    event: 'tool_call_refused',
    facts: { tool, rule: run.problem?.rule ?? 'unknown', state: phase },
    decision: decision?.answer === 'ask' ? 'asked' : 'denied',
  }
  if (decision === undefined || !isAllowed) return [refused]
  const authorized: EventDraft = {
    ...about,
    event: 'tool_call_authorized',
    facts: { tool, policy_decision_id: decision.decision_id, credential_scope: 'none' },
    decision: 'allowed',
  }
  return run.problem?.status === 'refused' ? [authorized, refused] : [authorized, executed(facts, about)]
}

function executed({ tool, tool_version, duration_ms, text, run }: CallFacts, about: Subject): EventDraft {
  const output_hash = createHash('sha256').update(text).digest('hex')
  return {
    ...about,
    event: 'tool_call_executed',
    facts: { tool, tool_version, duration_ms, output_hash, exit_code: run.exit_code ?? null },
    result_hash: output_hash,
  }
}

const findingsOf = ({ tool, findings }: CallFacts, about: Subject): readonly EventDraft[] =>
  redactionEvents(tool, findings).map((event) => ({ ...about, ...event }))

/** The decision as it is stored: what was requested comes from a model, so it is redacted like everything else. */
export async function decisionRecord(decision: PolicyDecision, redactor: Redactor): Promise<PolicyDecision> {
  const text = JSON.stringify({ requested: decision.requested, explanation: decision.explanation })
  const { text: redacted } = await redactor.redact(text)
  if (redacted === text) return decision
  try {
    const { requested, explanation } = JSON.parse(redacted) as { requested: JsonObject; explanation: string }
    return { ...decision, requested, explanation }
  } catch {
    return { ...decision, requested: { redacted: true }, explanation: `${decision.answer}; the words held a secret.` }
  }
}
