import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ToolRequest } from '#domain/conversation'
import { canonicalJson, type Json } from '#domain/json'
import { refuse, type Result } from '#domain/result'
import { mayChangeTree, PHASE_TOOLS, TOOL_ACTIONS, type AgentPhase, type ToolName } from '#domain/tool'
import type { PolicyDecision, PolicyQuestion, StepOutcome } from '#ports'
import { createContext, type CallContext } from './call-context.ts'
import { decisionRecord, eventsOf, type CallFacts } from './call-record.ts'
import { excerpt, MAX_ANSWER, plainText } from './excerpt.ts'
import type { Rate } from './rate.ts'
import { settle, type Settled } from './settle.ts'
import type { ToolGatewayDependencies, ToolHost } from './tool-host.ts'
import { failedRun, failure, type PreparedCall, type Problem, type Tool, type ToolRun } from './tool.ts'
import { toolNamed } from './tools/all-tools.ts'

/** One call on its way through the gateway. */
export interface Call {
  readonly request: ToolRequest
  readonly phase: AgentPhase
  readonly key: string
}

/** What calls of one run share. */
export interface Desk {
  readonly dependencies: ToolGatewayDependencies
  readonly host: ToolHost
  readonly rate: Rate | undefined
}

/** What the checks and the act came to. */
interface Handled {
  readonly run: ToolRun
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
 * Handles one call: schema, phase, rate, policy, path guard, limits, time, output, redaction; gives all of it as the
 * outcome of one step. What a model asked for never throws; a lost lease, a broken sandbox or a full disk does.
 */
export async function performCall(desk: Desk, call: Call): Promise<StepOutcome<Json>> {
  const { host } = desk
  const started = host.clock.now()
  host.signal.throwIfAborted()
  const context = createContext(desk.dependencies, host, call.phase)
  const tool = toolNamed(call.request.name)
  const args_hash = hashOf(call.request.arguments)
  const handled = tool === undefined ? { run: failedRun(unknownTool(call)) } : await handle(desk, call, tool, context)
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
    duration_ms: Math.max(0, Math.round(host.clock.now() - started)),
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
    ...(handled.decision === undefined ? {} : { decision: await decisionRecord(handled.decision, context) }),
  }
}

async function handle(desk: Desk, call: Call, tool: Tool, context: CallContext): Promise<Handled> {
  const barred = phaseProblem(tool.name, call.phase) ?? desk.rate?.admit(tool, call.key, desk.host.clock.now())
  if (barred !== undefined) return { run: failedRun(barred) }
  const prepared: Result<PreparedCall, Problem> = nestsTooDeep(call.request.arguments)
    ? refuse(failure('arguments.invalid', 'the arguments are nested too deeply'))
    : await tool.prepare(call.request.arguments, context)
  if (!prepared.ok) return { run: failedRun(prepared.refusal) }
  const decision = decide(desk, call, tool.name, prepared.value)
  if (decision === undefined) return { run: failedRun(NO_POLICY) }
  if (decision.answer !== 'allow') return { run: failedRun(refusalOf(decision)), decision }
  const isBound = decision.args_hash === hashOf(call.request.arguments) && decision.run_id === desk.host.run_id
  if (!isBound) {
    const message = 'The decision of policy is not about these arguments; nothing was done.'
    return { run: failedRun({ rule: 'policy.unbound', message, status: 'refused' }), decision }
  }
  return { run: await withinTime(desk.host, tool, prepared.value), decision }
}

const NO_POLICY: Problem = {
  rule: 'policy.unavailable',
  message: 'Policy could not decide this, so it was not done. Try once more, or report_blocked.',
  status: 'refused',
}

/** A policy that breaks has not allowed anything. */
function decide({ dependencies, host }: Desk, call: Call, tool: ToolName, prepared: PreparedCall) {
  try {
    return dependencies.policy.decide(questionOf(host, call, tool, prepared))
  } catch {
    return undefined
  }
}

function questionOf(host: ToolHost, call: Call, tool: ToolName, prepared: PreparedCall): PolicyQuestion {
  return {
    action: TOOL_ACTIONS[tool],
    run_id: host.run_id,
    state: call.phase,
    paths: prepared.paths,
    argv: prepared.argv ?? [],
    scope: host.task.scope,
    args_hash: hashOf(call.request.arguments),
    facts: { tool, mode: host.task.mode, ...prepared.facts },
  }
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

function unknownTool({ request, phase }: Call): Problem {
  const message = `There is no tool ${JSON.stringify(nameShown(request.name))}. Open now: ${PHASE_TOOLS[phase].join(', ')}.`
  return { rule: 'tool.unknown', message, status: 'refused' }
}

function phaseProblem(tool: ToolName, phase: AgentPhase): Problem | undefined {
  const open = PHASE_TOOLS[phase]
  if (open.includes(tool)) return undefined
  const next = phase === 'planning' ? ' Editing starts when submit_plan is accepted.' : ''
  const message = `${tool} is not open while ${phase}.${next} Open now: ${open.join(', ')}.`
  return { rule: 'tool.phase', message, status: 'refused' }
}

function refusalOf({ answer, explanation, matched_rules }: PolicyDecision): Problem {
  const rule = matched_rules.find(({ effect }) => effect === answer)?.rule ?? 'policy'
  const message =
    answer === 'ask' ? `A person would have to agree to this first. ${explanation}` : `Refused. ${explanation}`
  return { rule, message, status: 'refused' }
}

const nameShown = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').slice(0, 64)

const hashOf = (args: Json): string =>
  createHash('sha256')
    .update(nestsTooDeep(args) ? 'nested too deeply' : canonicalJson(args))
    .digest('hex')

const MAX_DEPTH = 40

/** Looked at without recursion: what nests a hundred thousand deep would break every recursive reader of it. */
export function nestsTooDeep(value: Json): boolean {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue
    if (next.depth >= MAX_DEPTH) return true
    for (const inner of Object.values(next.value)) open.push({ value: inner, depth: next.depth + 1 })
  }
  return false
}
