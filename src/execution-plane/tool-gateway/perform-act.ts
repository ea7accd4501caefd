import { z } from 'zod'
import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import type { PolicyDecision, StepContext, StepOutcome } from '#ports'
import type { Findings } from './call-context.ts'
import { eventsOf, type CallFacts } from './call-record.ts'
import { excerpt, MAX_ANSWER } from './excerpt.ts'
import type { ToolHost } from './tool-host.ts'
import { failedRun, type Problem, type ToolRun } from './tool.ts'
import { hashOf, type Call } from './weigh.ts'

/** What an act came to, as it is told and recorded. */
export interface Presented {
  /** For the model: redacted, cut, and labelled where it comes from outside. */
  readonly text: string
  readonly findings: Findings
  /** What happened beside the call itself. */
  readonly events: readonly EventDraft[]
  /** Id of the tree that was captured afterwards; absent where nothing can have changed. */
  readonly tree?: string
}

/** A call that was weighed, whoever's tool it is for, and how it is done and told. */
export interface WeighedAct {
  readonly host: Pick<ToolHost, 'run_id' | 'signal' | 'clock' | 'leave'>
  readonly call: Call
  /** As it is recorded. */
  readonly tool: { readonly name: string; readonly version: string }
  /** The dotted action that a decision must be about to allow this. */
  readonly action: string
  readonly outcome: { readonly decision: PolicyDecision } | Problem
  /** The decision of now as it is stored. */
  readonly recorded: PolicyDecision | undefined
  /** Time the weighing took. */
  readonly took_ms: number
  /** Reached only where policy allowed it twice. Never throws for what a model asked. */
  act(): Promise<ToolRun>
  /** `isDecided`: the call got as far as policy. */
  present(run: ToolRun, isDecided: boolean): Promise<Presented>
}

/** What the checks and the act came to. */
interface Handled {
  readonly run: ToolRun
  /** What the call went by: the decision on record, or today's where that refuses it. */
  readonly decision?: PolicyDecision
}

/** What a tool may hand back; checked before it is recorded. */
const OUTPUT = z.strictObject({
  text: z.string().max(MAX_ANSWER),
  is_error: z.boolean(),
  control: z
    .union([
      z.strictObject({ kind: z.literal('plan_accepted'), plan: z.looseObject({}), plan_sha256: z.string().length(64) }),
      z.strictObject({ kind: z.literal('finish'), summary: z.string() }),
      z.strictObject({ kind: z.literal('blocked'), reason: z.string(), needs: z.string() }),
    ])
    .nullable(),
})

/**
 * The one performing step, for own tools and foreign ones alike: acts on a call that was weighed and whose decision is
 * on record, checks the decision's run, action and argument hash again, and gives all of it as the outcome of one step.
 */
export async function performAct(weighed: WeighedAct, { decision: standing }: StepContext): Promise<StepOutcome<Json>> {
  const { host, call, tool } = weighed
  const started = host.clock.now()
  host.signal.throwIfAborted()
  await host.leave?.()
  const handled = await handle(weighed, standing)
  const { run } = handled
  const { text: shown, findings, events, tree } = await weighed.present(run, handled.decision !== undefined)
  const text = withNotice(shown, findings)
  const is_error = run.problem !== undefined
  const control = is_error ? null : (run.control ?? null)
  OUTPUT.parse({ text, is_error, control })
  const facts: CallFacts = {
    tool: tool.name,
    tool_version: tool.version,
    is_foreign: weighed.action === 'mcp.call',
    args_hash: hashOf(call.request.arguments),
    phase: call.phase,
    run,
    text,
    duration_ms: Math.max(0, Math.round(weighed.took_ms + host.clock.now() - started)),
    findings,
    ...(handled.decision === undefined ? {} : { decision: handled.decision }),
  }
  return {
    // Control and answer are plain JSON values; their interfaces only lack the index signature of `Json`.
    value: {
      answer: { call_id: call.request.id, name: call.request.name, text, is_error },
      control,
    } as unknown as Json,
    events: [...eventsOf(facts), ...events],
    artifacts: run.artifacts ?? [],
    tool_call: {
      tool: tool.name,
      tool_version: tool.version,
      args_sha256: facts.args_hash,
      status: run.problem?.status ?? 'ok',
      rule: run.problem?.rule ?? null,
      duration_ms: facts.duration_ms,
    },
    ...(tree === undefined ? {} : { tree }),
    ...lateRefusal(handled, weighed, standing),
  }
}

/** A model that takes a mark for the text of a file writes it back; so it is told what the marks are. */
function withNotice(text: string, { by_kind = {} }: Findings): string {
  if (!text.includes('[redacted:')) return text
  const kinds = Object.entries(by_kind).map(([kind, times]) => `${kind} ${times}x`)
  if (kinds.length === 0) return text
  const notice = `\n(Gander cut secrets out of this answer: ${kinds.join(', ')}. They read [redacted:KIND]; the files still hold what they held, so never write such a mark in place of a value.)`
  return `${excerpt(text, MAX_ANSWER - notice.length)}${notice}`
}

/** Does what policy allowed twice: when the intent was recorded, which may be a crash ago, and now. */
async function handle(weighed: WeighedAct, standing: PolicyDecision | undefined): Promise<Handled> {
  const { host, call, outcome } = weighed
  if (!('decision' in outcome)) return { run: failedRun(outcome) }
  const { decision: now } = outcome
  if (now.answer !== 'allow') return { run: failedRun(refusalOf(now)), decision: now }
  if (standing === undefined) return { run: failedRun(UNRECORDED) }
  if (standing.answer !== 'allow') return { run: failedRun(refusalOf(standing)), decision: standing }
  const isBound = [standing, now].every(
    ({ run_id, action, args_hash }) =>
      run_id === host.run_id && action === weighed.action && args_hash === hashOf(call.request.arguments),
  )
  if (!isBound) return { run: failedRun(UNBOUND), decision: standing }
  return { run: await weighed.act(), decision: standing }
}

const UNBOUND: Problem = {
  rule: 'policy.unbound',
  message: 'The decision of policy is not about these arguments; nothing was done.',
  status: 'refused',
}

const UNRECORDED: Problem = {
  rule: 'policy.unrecorded',
  message: 'No decision of policy is on record for this call; nothing was done.',
  status: 'refused',
}

/** A refusal of today over a decision that stands from before a crash is recorded too, with the outcome it led to. */
function lateRefusal({ decision }: Handled, { recorded }: WeighedAct, standing: PolicyDecision | undefined) {
  const isNew = decision !== undefined && decision.decision_id !== standing?.decision_id
  return isNew && recorded !== undefined ? { decision: recorded } : {}
}

function refusalOf({ answer, explanation, matched_rules }: PolicyDecision): Problem {
  const rule = matched_rules.find(({ effect }) => effect === answer)?.rule ?? 'policy'
  const message =
    answer === 'ask' ? `A person would have to agree to this first. ${explanation}` : `Refused. ${explanation}`
  return { rule, message, status: 'refused' }
}
