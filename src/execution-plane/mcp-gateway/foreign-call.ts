import type { EventDraft } from '#domain/event'
import type { ToolRequest } from '#domain/conversation'
import type { Json, JsonObject } from '#domain/json'
import type { AgentPhase } from '#domain/tool'
import { createWrapper } from '#execution-plane/context'
import {
  decisionRecord,
  eventsOf,
  excerpt,
  hashOf,
  nestsTooDeep,
  plainText,
  type CallFacts,
  type Problem,
} from '#execution-plane/tool-gateway'
import { ForeignServerError, type PolicyDecision, type StepContext, type StepOutcome } from '#ports'
import type { DeclaredTool } from './declare-foreign.ts'
import { complaints } from './input-schema.ts'
import type { McpGatewayDependencies, McpHost } from './mcp-host.ts'
import { changesBetween, pinnedOffer } from './pin.ts'
import type { ServerDesk } from './server-desk.ts'

/** The most characters of one foreign answer that a model gets. */
const MAX_ANSWER = 16_000

/** One call on its way. */
export interface ForeignCall {
  readonly request: ToolRequest
  readonly phase: AgentPhase
  readonly key: string
}

/** What calls of one run share. */
export interface ForeignDesk {
  readonly dependencies: McpGatewayDependencies
  readonly host: McpHost
  find(name: string): { readonly desk: ServerDesk; readonly tool: DeclaredTool } | undefined
}

interface Decided {
  readonly desk: ServerDesk
  readonly tool: DeclaredTool
  readonly args: JsonObject
  readonly decision: PolicyDecision
}

/** A call before its step begins: what was decided, or what kept it from policy. */
export interface WeighedCall {
  readonly outcome: Decided | Problem
  readonly recorded?: PolicyDecision
}

const refused = (rule: string, message: string): Problem => ({ rule, message, status: 'refused' })
const failed = (rule: string, message: string): Problem => ({ rule, message, status: 'error' })

/** Name, rate, arguments and policy; nothing is sent yet, so that the decision can be on record before the act. */
export async function weighForeign(all: ForeignDesk, call: ForeignCall): Promise<WeighedCall> {
  const outcome = await weigh(all, call)
  if (!('decision' in outcome)) return { outcome }
  return { outcome, recorded: await decisionRecord(outcome.decision, all.dependencies.redactor) }
}

async function weigh(all: ForeignDesk, { request, phase }: ForeignCall): Promise<Decided | Problem> {
  const { dependencies, host } = all
  const found = all.find(request.name)
  if (found === undefined)
    return refused('tool.unknown', 'There is no such foreign tool in this run. Use those that are declared.')
  const { desk, tool } = found
  const barred = desk.barred()
  if (barred !== undefined) return refused(barred.rule, `${barred.message} Go on without it.`)
  const args = request.arguments
  if (nestsTooDeep(args)) return failed('arguments.invalid', 'The arguments are nested too deeply.')
  const wrong = complaints(tool.input_schema, args)
  if (wrong.length > 0) return failed('arguments.invalid', `${request.name}: ${wrong.join('; ')}.`)
  const tooMany = desk.admit()
  if (tooMany !== undefined) return refused('mcp.rate', tooMany)
  // A secret that the platform holds has no business with a foreign program, whatever put it there.
  if ((await dependencies.redactor.redact(JSON.stringify(args))).confirmed)
    return refused('mcp.secret', 'The arguments hold a secret; they were not sent.')
  try {
    const facts = { server: desk.server.id, tool: tool.tool ?? 'read-resource', pinned: true, mode: host.task.mode }
    const decision = dependencies.policy.decide({
      action: 'mcp.call',
      run_id: host.run_id,
      state: phase,
      paths: [],
      argv: [],
      scope: host.task.scope,
      args_hash: hashOf(args),
      facts,
    })
    return { desk, tool, args: args as JsonObject, decision }
  } catch {
    // A policy that breaks has not allowed anything.
    return refused('policy.unavailable', 'Policy could not decide this, so it was not done.')
  }
}

interface Acted {
  readonly text: string
  readonly problem?: Problem
  readonly decision?: PolicyDecision
  readonly events: readonly EventDraft[]
}

/** Acts on a call whose decision is on record and gives all of it as the outcome of one step. */
export async function performForeign(
  all: ForeignDesk,
  call: ForeignCall,
  weighed: WeighedCall | undefined,
  { decision: standing }: StepContext,
): Promise<StepOutcome<Json>> {
  if (weighed === undefined) throw new Error(`step ${call.key} is on record and was to act again`)
  const { host, dependencies } = all
  host.signal.throwIfAborted()
  const started = host.clock.now()
  const acted = await handle(all, call, weighed.outcome, standing)
  const { text: clean, count, kinds, confirmed } = await dependencies.redactor.redact(plainText(acted.text))
  const is_error = acted.problem !== undefined
  const shown = excerpt(plainText(clean), MAX_ANSWER)
  const text = 'decision' in weighed.outcome && acted.problem?.status !== 'refused' ? label(all, call, shown) : shown
  const server = 'decision' in weighed.outcome ? weighed.outcome.desk : all.find(call.request.name)?.desk
  const facts: CallFacts = {
    tool: call.request.name.replaceAll(/[^\w.-]/g, '_').slice(0, 64),
    tool_version: server?.server.pin?.slice(0, 16) ?? 'none',
    args_hash: hashOf(call.request.arguments),
    phase: call.phase,
    run: { text, ...(acted.problem === undefined ? {} : { problem: acted.problem }) },
    text,
    duration_ms: Math.max(0, Math.round(host.clock.now() - started)),
    findings: { count, kinds: [...kinds], confirmed },
    ...(acted.decision === undefined ? {} : { decision: acted.decision }),
  }
  const isLate = acted.decision !== undefined && acted.decision.decision_id !== standing?.decision_id
  return {
    value: { answer: { call_id: call.request.id, name: call.request.name, text, is_error }, control: null },
    events: [...eventsOf(facts), ...acted.events, ...noticed(server)],
    tool_call: {
      tool: facts.tool,
      tool_version: facts.tool_version,
      args_sha256: facts.args_hash,
      status: acted.problem?.status ?? 'ok',
      rule: acted.problem?.rule ?? null,
      duration_ms: facts.duration_ms,
    },
    ...(isLate && weighed.recorded !== undefined ? { decision: weighed.recorded } : {}),
  }
}

/** The answer goes between the same delimiters as every other text from outside. */
const label = ({ host }: ForeignDesk, { request }: ForeignCall, text: string): string =>
  createWrapper(host.sign?.())({ id: request.id, source: `foreign tool ${request.name}`, trust: 'untrusted' }, text)

/** What a server asked for beside its answers; all of it was refused or passed over. */
const noticed = (desk: ServerDesk | undefined): readonly EventDraft[] =>
  desk === undefined
    ? []
    : desk.notices().map((method) => ({ event: 'mcp_request_refused', facts: { server: desk.server.id, method } }))

async function handle(
  all: ForeignDesk,
  call: ForeignCall,
  outcome: Decided | Problem,
  standing: PolicyDecision | undefined,
): Promise<Acted> {
  if (!('decision' in outcome)) return { text: outcome.message, problem: outcome, events: [] }
  const stop = (problem: Problem, decision = outcome.decision): Acted => ({
    text: problem.message,
    problem,
    decision,
    events: [],
  })
  if (outcome.decision.answer !== 'allow') return stop(refusalOf(outcome.decision))
  if (standing === undefined) return stop(refused('policy.unrecorded', 'No decision of policy is on record.'))
  if (standing.answer !== 'allow') return stop(refusalOf(standing), standing)
  const isBound = [standing, outcome.decision].every(
    ({ run_id, action, args_hash }) =>
      run_id === all.host.run_id && action === 'mcp.call' && args_hash === hashOf(call.request.arguments),
  )
  if (!isBound) return stop(refused('policy.unbound', 'The decision of policy is not about these arguments.'), standing)
  return { decision: standing, ...(await ask(all, outcome)) }
}

const refusalOf = ({ answer, explanation, matched_rules }: PolicyDecision): Problem =>
  refused(matched_rules.find(({ effect }) => effect === answer)?.rule ?? 'policy', `Refused. ${explanation}`)

async function ask(all: ForeignDesk, { desk, tool, args }: Decided): Promise<Omit<Acted, 'decision'>> {
  const { server } = desk
  const limit = server.timeout_s * 1000
  try {
    const open = await desk.reach()
    if (open.pin !== server.pin) return await quarantine(all, desk, open.pin)
    const answer =
      tool.tool === null
        ? await open.foreign.readResource(typeof args['uri'] === 'string' ? args['uri'] : '', limit)
        : await open.foreign.call(tool.tool, args, limit, all.host.signal)
    await desk.went(undefined)
    const extra = answer.structured === undefined || answer.text !== '' ? '' : JSON.stringify(answer.structured)
    const text = `${answer.text}${extra}`
    return answer.is_error
      ? { text, problem: failed('mcp.error', 'the server says that the call failed'), events: [] }
      : { text, events: [] }
  } catch (error) {
    all.host.signal.throwIfAborted()
    if (!(error instanceof ForeignServerError)) throw error
    await desk.went(error)
    const closed = desk.barred()
    const message = `${server.id} did not answer (${error.failure}): ${error.message.slice(0, 400)}. ${closed?.message ?? 'Try once more, or go on without it.'}`
    return { text: message, problem: failed(`mcp.${error.failure}`, message), events: [] }
  }
}

async function quarantine(all: ForeignDesk, desk: ServerDesk, seen: string): Promise<Omit<Acted, 'decision'>> {
  const { server } = desk
  const open = await desk.reach()
  const kept = pinnedOffer(await all.dependencies.pinned(server.id), server.pin)
  const changed = kept === undefined ? ['its offer differs from the pin'] : changesBetween(kept, open.offer)
  desk.bar({ rule: 'mcp.quarantined', message: `${server.id} is no longer what was pinned and is not used.` })
  await desk.close()
  const event: EventDraft = {
    event: 'mcp_server_quarantined',
    facts: { server: server.id, pinned: server.pin ?? 'none', seen, changed: [...changed] },
  }
  const message = `${server.id} is no longer what was pinned; nothing was sent. Go on without it.`
  return { text: message, problem: refused('mcp.quarantined', message), events: [event] }
}
