import { z } from 'zod'
import type { Json } from '#domain/json'
import { mayChangeTree, TOOL_ACTIONS } from '#domain/tool'
import type { PolicyDecision, StepContext, StepOutcome } from '#ports'
import { eventsOf, type CallFacts } from './call-record.ts'
import { excerpt, MAX_ANSWER, plainText } from './excerpt.ts'
import { settle, type Settled } from './settle.ts'
import type { ToolHost } from './tool-host.ts'
import { failedRun, failure, type PreparedCall, type Problem, type Tool, type ToolRun } from './tool.ts'
import { hashOf, nameShown, type Call, type Desk, type Weighed } from './weigh.ts'

/** What the checks and the act came to. */
interface Handled {
  readonly run: ToolRun
  /** What the call went by: the decision on record, or today's where that refuses it. */
  readonly decision?: PolicyDecision
}

const NO_CHANGE: Settled = { notes: [], events: [] }

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
 * Acts on a call that was weighed and whose decision is on record: the hash again, path guard, limits, time, output,
 * redaction; gives all of it as the outcome of one step. What a model asked for never throws; a lost lease, a broken
 * sandbox or a full disk does.
 */
export async function performCall(
  desk: Desk,
  call: Call,
  weighed: Weighed | undefined,
  { decision: standing }: StepContext,
): Promise<StepOutcome<Json>> {
  if (weighed === undefined) throw new Error(`step ${call.key} is on record and was to act again`)
  const { host } = desk
  const { context, tool } = weighed
  const started = host.clock.now()
  host.signal.throwIfAborted()
  const args_hash = hashOf(call.request.arguments)
  const handled = await handle(host, call, weighed, standing)
  const settled = handled.run.changed === undefined ? NO_CHANGE : await settle(host, handled.run.changed, context)
  const said = [handled.run.text, ...settled.notes].join('\n')
  const text = excerpt(plainText(await context.redact(plainText(said))), MAX_ANSWER)
  const is_error = handled.run.problem !== undefined
  const control = is_error ? null : (handled.run.control ?? null)
  OUTPUT.parse({ text, is_error, control })
  const facts: CallFacts = {
    tool: tool?.name ?? nameShown(call.request.name),
    tool_version: tool?.version ?? 'none',
    args_hash,
    phase: call.phase,
    run: handled.run,
    text,
    duration_ms: Math.max(0, Math.round(weighed.took_ms + host.clock.now() - started)),
    findings: context.findings,
    ...(handled.decision === undefined ? {} : { decision: handled.decision }),
  }
  return {
    // Control and answer are plain JSON values; their interfaces only lack the index signature of `Json`.
    value: {
      answer: { call_id: call.request.id, name: call.request.name, text, is_error },
      control,
    } as unknown as Json,
    events: [...eventsOf(facts), ...settled.events],
    artifacts: handled.run.artifacts ?? [],
    tool_call: {
      tool: facts.tool,
      tool_version: facts.tool_version,
      args_sha256: args_hash,
      status: handled.run.problem?.status ?? 'ok',
      rule: handled.run.problem?.rule ?? null,
      duration_ms: facts.duration_ms,
    },
    ...(settled.tree === undefined ? {} : { tree: settled.tree }),
    ...lateRefusal(handled, weighed, standing),
  }
}

/** Does what policy allowed twice: when the intent was recorded, which may be a crash ago, and now. */
async function handle(
  host: ToolHost,
  call: Call,
  { outcome }: Weighed,
  standing: PolicyDecision | undefined,
): Promise<Handled> {
  if (!('decision' in outcome)) return { run: failedRun(outcome) }
  const { tool, prepared, decision: now } = outcome
  if (now.answer !== 'allow') return { run: failedRun(refusalOf(now)), decision: now }
  if (standing === undefined) return { run: failedRun(UNRECORDED) }
  if (standing.answer !== 'allow') return { run: failedRun(refusalOf(standing)), decision: standing }
  const isBound = [standing, now].every(
    ({ run_id, action, args_hash }) =>
      run_id === host.run_id && action === TOOL_ACTIONS[tool.name] && args_hash === hashOf(call.request.arguments),
  )
  if (!isBound) return { run: failedRun(UNBOUND), decision: standing }
  return { run: await withinTime(host, tool, prepared), decision: standing }
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
function lateRefusal({ decision }: Handled, { recorded }: Weighed, standing: PolicyDecision | undefined) {
  const isNew = decision !== undefined && decision.decision_id !== standing?.decision_id
  return isNew && recorded !== undefined ? { decision: recorded } : {}
}

/** A tool that does not come back ends as an error; the sandbox has limits of its own, so nothing goes on there. */
async function withinTime(host: ToolHost, tool: Tool, prepared: PreparedCall): Promise<ToolRun> {
  const timer = new AbortController()
  const late = host.clock.sleep(tool.timeout_ms, AbortSignal.any([timer.signal, host.signal])).then((): ToolRun => {
    const run = failedRun(failure('limit.time', `${tool.name} was stopped after ${tool.timeout_ms / 1000} s.`))
    return mayChangeTree(tool.name) ? { ...run, changed: 'unknown' } : run
  })
  // Whoever loses the race must not count as an unhandled rejection.
  late.catch(() => undefined)
  const act = prepared.act()
  act.catch(() => undefined)
  try {
    return await Promise.race([act, late])
  } finally {
    timer.abort()
  }
}

function refusalOf({ answer, explanation, matched_rules }: PolicyDecision): Problem {
  const rule = matched_rules.find(({ effect }) => effect === answer)?.rule ?? 'policy'
  const message =
    answer === 'ask' ? `A person would have to agree to this first. ${explanation}` : `Refused. ${explanation}`
  return { rule, message, status: 'refused' }
}
