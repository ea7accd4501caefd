import type { EventDraft } from '#domain/event'
import type { ToolRequest } from '#domain/conversation'
import type { Json, JsonObject } from '#domain/json'
import { neutralise } from '#domain/text'
import type { AgentPhase } from '#domain/tool'
import { createFlagging, plain } from '#execution-plane/context'
import {
  decisionRecord,
  excerpt,
  failedRun,
  hashOf,
  nameShown,
  nestsTooDeep,
  performAct,
  plainText,
  type Presented,
  type Problem,
  type ToolRun,
} from '#execution-plane/tool-gateway'
import { ForeignServerError, type ForeignAnswer, type PolicyDecision, type StepContext, type StepOutcome } from '#ports'
import type { DeclaredTool } from './declare-foreign.ts'
import { complaints } from './input-schema.ts'
import type { McpGatewayDependencies, McpHost } from './mcp-host.ts'
import type { OpenServer, SeenOffer } from './open-server.ts'
import { quarantined } from './quarantine.ts'
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
  readonly took_ms: number
}

const refused = (rule: string, message: string): Problem => ({ rule, message, status: 'refused' })
const failed = (rule: string, message: string): Problem => ({ rule, message, status: 'error' })

/** Name, rate, arguments and policy; nothing is sent yet, so that the decision can be on record before the act. */
export async function weighForeign(all: ForeignDesk, call: ForeignCall): Promise<WeighedCall> {
  const { clock } = all.host
  const started = clock.now()
  const outcome = await weigh(all, call)
  const recorded =
    'decision' in outcome ? { recorded: await decisionRecord(outcome.decision, all.dependencies.redactor) } : {}
  return { outcome, ...recorded, took_ms: clock.now() - started }
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
    const { target } = tool
    const named = target.kind === 'tool' ? target.name : target.kind
    const isPinned = desk.server.pin === undefined ? null : true
    const facts = { server: desk.server.id, tool: named, kind: target.kind, pinned: isPinned, mode: host.task.mode }
    const policy = host.policy ?? dependencies.policy
    await policy.refresh?.()
    const decision = policy.decide({
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

/** Acts on a call whose decision is on record and gives all of it as the outcome of one step. */
export async function performForeign(
  all: ForeignDesk,
  call: ForeignCall,
  weighed: WeighedCall | undefined,
  step: StepContext,
): Promise<StepOutcome<Json>> {
  if (weighed === undefined) throw new Error(`step ${call.key} is on record and was to act again`)
  const { outcome, recorded, took_ms } = weighed
  const desk = 'decision' in outcome ? outcome.desk : all.find(call.request.name)?.desk
  const beside: EventDraft[] = []
  return performAct(
    {
      host: all.host,
      call,
      tool: { name: nameShown(call.request.name), version: desk?.server.pin?.slice(0, 16) ?? 'none' },
      action: 'mcp.call',
      outcome,
      recorded,
      took_ms,
      act: async () => ('decision' in outcome ? ask(all, outcome, beside) : failedRun(outcome)),
      present: async (run, isDecided) => {
        const shown = await present(all, call, run, isDecided)
        return { ...shown, events: [...beside, ...noticed(desk)] }
      },
    },
    step,
  )
}

/** A server's words as the model gets them: without secrets and hidden characters, cut, and marked as data. */
async function present(
  all: ForeignDesk,
  { request }: ForeignCall,
  run: ToolRun,
  isDecided: boolean,
): Promise<Omit<Presented, 'events'>> {
  const { text, ...findings } = await all.dependencies.redactor.redact(plainText(run.text))
  // Hidden characters become longer when they are shown, so they are shown before the cut.
  const shown = excerpt(neutralise(text), MAX_ANSWER)
  const isTheirs = isDecided && run.problem?.status !== 'refused'
  return {
    text: isTheirs ? label(all, request, shown) : shown,
    findings,
  }
}

/** The answer goes between the same delimiters as every other text from outside, and what reads like orders is named. */
const label = ({ host }: ForeignDesk, { id, name }: ToolRequest, text: string): string =>
  createFlagging(host.sign?.() ?? plain)(
    { id, source: `foreign tool ${name}`, trust: 'untrusted', kind: 'document' },
    text,
  ).sent

/** What a server asked for beside its answers; all of it was refused or passed over. */
const noticed = (desk: ServerDesk | undefined): readonly EventDraft[] =>
  desk === undefined
    ? []
    : desk.notices().map((method) => ({ event: 'mcp_request_refused', facts: { server: desk.server.id, method } }))

/**
 * Asks the server, if it still offers what was pinned. A change that it announces while it works counts as well: then
 * nothing of its answer is shown.
 */
async function ask(all: ForeignDesk, { desk, tool, args }: Decided, beside: EventDraft[]): Promise<ToolRun> {
  const { server } = desk
  try {
    const open = await desk.reach()
    const before = await desk.offered(open)
    if (before.pin !== server.pin) return await quarantine(all, desk, { seen: before, beside })
    const answer = await answerOf(all, open, { desk, tool, args })
    const after = await desk.offered(open)
    if (after.pin !== server.pin) return await quarantine(all, desk, { seen: after, beside })
    await desk.went(undefined)
    const extra = answer.structured === undefined || answer.text !== '' ? '' : JSON.stringify(answer.structured)
    const text = `${answer.text}${extra}`
    return answer.is_error ? { text, problem: failed('mcp.error', 'the server says that the call failed') } : { text }
  } catch (error) {
    all.host.signal.throwIfAborted()
    if (!(error instanceof ForeignServerError)) throw error
    await desk.went(error)
    const closed = desk.barred()
    const message = `${server.id} did not answer (${error.failure}): ${error.message.slice(0, 400)}. ${closed?.message ?? 'Try once more, or go on without it.'}`
    return failedRun(failed(`mcp.${error.failure}`, message))
  }
}

function answerOf(
  { host }: ForeignDesk,
  { foreign }: OpenServer,
  { desk, tool: { target }, args }: Omit<Decided, 'decision'>,
): Promise<ForeignAnswer> {
  const limit = desk.server.timeout_s * 1000
  const word = (name: string): string => (typeof args[name] === 'string' ? args[name] : '')
  switch (target.kind) {
    case 'tool':
      return foreign.call(target.name, args, limit, host.signal)
    case 'resource':
      return foreign.readResource(word('uri'), limit, host.signal)
    case 'prompt': {
      // The schema lets only words through.
      const given = (args['arguments'] ?? {}) as Readonly<Record<string, string>>
      return foreign.getPrompt({ name: word('name'), arguments: given }, limit, host.signal)
    }
    default:
      return target satisfies never
  }
}

interface Change {
  readonly seen: SeenOffer
  readonly beside: EventDraft[]
}

async function quarantine(all: ForeignDesk, desk: ServerDesk, { seen, beside }: Change): Promise<ToolRun> {
  const { server } = desk
  beside.push(await quarantined(all.dependencies, server, seen))
  const message = `${server.id} is no longer what was pinned and is not used.`
  desk.bar({ rule: 'mcp.quarantined', message })
  await desk.close()
  return failedRun(refused('mcp.quarantined', `${message} Nothing that it said is shown. Go on without it.`))
}
