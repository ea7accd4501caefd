import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import type { Leave, PolicyDecision, StepOutcome, WantedLeave } from '#ports'
import { weighWithPeople } from './ask-people.ts'
import { hashOf, nameShown, nestsTooDeep, type Call, type Desk, type Weighed } from './weigh.ts'

/**
 * Weighs a call exactly as if it were to be performed and records the decision; nothing is performed. Only a plain
 * `allow` is leave; what a person would have to agree to is told as that, with what it is about.
 */
export async function askLeave(desk: Desk, call: Call): Promise<Leave> {
  const { journal } = desk.host
  const { name } = call.request
  const args = nestsTooDeep(call.request.arguments) ? null : call.request.arguments
  const request = { leave_for: name, arguments: args, phase: call.phase }
  const asked = journal.recorded(call.key) ? undefined : await weighWithPeople(desk, call)
  const weighed = asked?.weighed
  // What a person has to agree to is on record already, by the step that asks.
  const decision = asked?.wanted === undefined ? weighed?.recorded : undefined
  const value = await journal.perform(
    { key: call.key, kind: 'tool_call', request, ...(decision !== undefined && { decision }) },
    async ({ decision: standing }): Promise<StepOutcome<Json>> => {
      if (weighed === undefined) throw new Error(`step ${call.key} is on record and was to act again`)
      const leave = answerOf(weighed, { standing, wanted: asked?.wanted })
      const redacted = { ...leave, message: await weighed.context.redact(leave.message) }
      return {
        value: redacted as unknown as Json,
        events: eventsOf(call, leave, standing ?? weighed.recorded),
        tool_call: recordOf(call, leave, weighed),
      }
    },
  )
  // What is on record under this key was put there above.
  return value as unknown as Leave
}

interface Answered {
  readonly standing: PolicyDecision | undefined
  readonly wanted: WantedLeave | undefined
}

function answerOf({ outcome }: Weighed, { standing, wanted }: Answered): Leave {
  if (!('decision' in outcome)) return { answer: 'refuse', rule: outcome.rule, message: outcome.message }
  // What stood before a crash and what holds now must both allow it.
  const stricter = [outcome.decision, ...(standing === undefined ? [] : [standing])].find(
    ({ answer }) => answer !== 'allow',
  )
  const { answer, explanation, matched_rules } = stricter ?? outcome.decision
  const rule = matched_rules.find(({ effect }) => effect === answer)?.rule ?? 'policy'
  if (answer === 'ask') return { answer, rule, message: explanation, ...(wanted !== undefined && { wanted }) }
  return { answer: answer === 'allow' ? 'allow' : 'refuse', rule, message: explanation }
}

function eventsOf({ request, phase }: Call, leave: Leave, decision: PolicyDecision | undefined): readonly EventDraft[] {
  const tool = nameShown(request.name)
  const about = {
    actor_type: 'agent' as const,
    actor: 'agent',
    resource_type: 'tool',
    resource_id: tool,
    ...(decision === undefined ? {} : { decision_id: decision.decision_id, policy_version: decision.policy_version }),
  }
  const requested = { tool, args_hash: hashOf(request.arguments), state: phase }
  const isAllowed = leave.answer === 'allow' && decision !== undefined
  return [
    { ...about, event: 'tool_call_requested', facts: requested },
    isAllowed
      ? {
          ...about,
          event: 'tool_call_authorized',
          facts: { tool, policy_decision_id: decision.decision_id, credential_scope: 'none' },
          decision: 'allowed',
        }
      : {
          ...about,
          event: 'tool_call_refused',
          facts: { tool, rule: leave.rule, state: phase },
          decision: leave.answer === 'ask' ? 'asked' : 'denied',
        },
  ]
}

const recordOf = ({ request }: Call, leave: Leave, { tool, took_ms }: Weighed) => ({
  tool: nameShown(request.name),
  tool_version: tool?.version ?? 'none',
  args_sha256: hashOf(request.arguments),
  status: leave.answer === 'allow' ? ('ok' as const) : ('refused' as const),
  rule: leave.answer === 'allow' ? null : leave.rule,
  duration_ms: Math.max(0, Math.round(took_ms)),
})
