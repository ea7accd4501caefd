import { createHash } from 'node:crypto'
import type { ToolRequest } from '#domain/conversation'
import { canonicalJson, type Json } from '#domain/json'
import { PHASE_TOOLS, TOOL_ACTIONS, type AgentPhase, type ToolName } from '#domain/tool'
import type { PolicyDecision, PolicyQuestion } from '#ports'
import { createContext, type CallContext } from './call-context.ts'
import { decisionRecord } from './call-record.ts'
import type { Rate } from './rate.ts'
import type { ToolGatewayDependencies, ToolHost } from './tool-host.ts'
import { failure, type PreparedCall, type Problem, type Tool } from './tool.ts'
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

/** A call that was put to policy, with the answer of now. */
interface Decided {
  readonly tool: Tool
  readonly prepared: PreparedCall
  readonly decision: PolicyDecision
}

/** A call before its step begins: what was decided about it, or the problem that kept it from policy. */
export interface Weighed {
  readonly context: CallContext
  readonly tool: Tool | undefined
  readonly outcome: Decided | Problem
  /** The decision as it is stored. */
  readonly recorded?: PolicyDecision
  readonly took_ms: number
}

/** Schema, phase, rate and policy; nothing is done yet, so that the decision can be on record before the act. */
export async function weigh(desk: Desk, call: Call): Promise<Weighed> {
  const { dependencies, host } = desk
  const started = host.clock.now()
  host.signal.throwIfAborted()
  const context = createContext(dependencies, host, call.phase)
  const tool = toolNamed(call.request.name)
  const outcome = tool === undefined ? unknownTool(call) : await put(desk, call, tool, context)
  const recorded =
    'decision' in outcome ? { recorded: await decisionRecord(outcome.decision, dependencies.redactor) } : {}
  return { context, tool, outcome, ...recorded, took_ms: host.clock.now() - started }
}

async function put(desk: Desk, call: Call, tool: Tool, context: CallContext): Promise<Decided | Problem> {
  const barred = phaseProblem(tool.name, call.phase) ?? desk.rate?.admit(tool, call.key, desk.host.clock.now())
  if (barred !== undefined) return barred
  const args = call.request.arguments
  if (nestsTooDeep(args)) return failure('arguments.invalid', 'the arguments are nested too deeply')
  const prepared = await tool.prepare(args, context)
  if (!prepared.ok) return prepared.refusal
  await desk.dependencies.policy.refresh?.()
  const decision = decide(desk, call, tool.name, prepared.value)
  return decision === undefined ? NO_POLICY : { tool, prepared: prepared.value, decision }
}

const NO_POLICY: Problem = {
  rule: 'policy.unavailable',
  message: 'Policy could not decide this, so it was not done. Try once more, or report_blocked.',
  status: 'refused',
}

/** The same call once a person has agreed to it: policy is asked again, and a deny of its stays one. */
export async function weighAgreed(desk: Desk, call: Call, ...[weighed, agreed]: [Weighed, string]): Promise<Weighed> {
  const { outcome } = weighed
  if (!('decision' in outcome)) return weighed
  const { tool, prepared } = outcome
  const decision = decide(desk, call, tool.name, prepared, agreed)
  if (decision === undefined) return { ...weighed, outcome: NO_POLICY }
  const recorded = await decisionRecord(decision, desk.dependencies.redactor)
  return { ...weighed, outcome: { tool, prepared, decision }, recorded }
}

/** A policy that breaks has not allowed anything. */
function decide(
  { dependencies, host }: Desk,
  call: Call,
  ...[tool, prepared, agreed]: readonly [ToolName, PreparedCall, string?]
) {
  try {
    const question = questionOf(host, call, tool, prepared)
    return dependencies.policy.decide(agreed === undefined ? question : { ...question, agreed })
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

/** A name a model made up, as it can be shown and stored. */
export const nameShown = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').slice(0, 64)

/** Hex SHA-256 of the canonical arguments: what a decision is bound to. */
export const hashOf = (args: Json): string =>
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
