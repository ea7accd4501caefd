import { GanderError } from '#domain/failure'
import type { ToolAnswer, ToolRequest } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'
import { showToolAnswer, tokenCounterOf } from '#execution-plane/context'
import { isForeignTool } from '#execution-plane/mcp-gateway'
import { STEERING_MARKS } from '#execution-plane/model-gateway'
import { BudgetExhausted, type Agent, type AgentOutcome, type AgentSession, type ToolControl } from '#ports'
import { keepAccount, type Accountant } from './account.ts'
import { callATool, cutOff, cutOut, notExecuted, nudge, wrapUp } from './agent-words.ts'
import { askModel, type ModelAccess, type Reply } from './ask-model.ts'
import { startConversation, type Conversation } from './conversation.ts'
import { watchForCircles, type StuckWatch } from './stuck.ts'

/** Bounds of the loop besides the run's budget. */
interface NativeAgentOptions {
  /** Output limit of one call; absent means 8192 tokens. */
  readonly max_output_tokens?: number
  /** Tokens of a request above which old tool outputs are given up before asking; absent means 100,000. */
  readonly compact_above_tokens?: number
}

/** Tools of files answer with code, where words about secrets and tests are no orders. */
const kindOf = (tool: string): 'code' | 'document' => (/^(?:file|git)_/.test(tool) ? 'code' : 'document')
/** Calls carried out in one turn; the rest is answered as not executed. */
const CALLS_PER_TURN = 16

/** What stays over the phases of a run. */
interface Mind extends Required<NativeAgentOptions> {
  readonly access: ModelAccess
  readonly conversation: Conversation
  /** Made with the first model's tokens. */
  account: Accountant | undefined
  compactions: number
  phases: number
  warned: number
  /** The most passages that were cut out of a request so far. */
  cuts: number
}

/** One phase of one run. */
interface Phase {
  readonly mind: Mind
  readonly session: AgentSession
  readonly ordinal: number
  readonly models: readonly ModelChoice[]
  readonly account: Accountant
  readonly watch: StuckWatch
  nudged: boolean
}

type Answer = Extract<Reply, { kind: 'answered' }>['answer']

/**
 * Gander's own loop over any model: ask, carry out the calls it makes, answer, until a call ends the phase. One instance
 * a run. Each model call and each tool call is a step of the run's journal under a key made of phase, turn and index
 * alone, and nothing of the clock enters a message, so a resumed run rebuilds this conversation exactly.
 */
export function createNativeAgent(access: ModelAccess, options: NativeAgentOptions = {}): Agent {
  const mind: Mind = {
    access,
    conversation: startConversation(),
    max_output_tokens: options.max_output_tokens ?? 8_192,
    compact_above_tokens: options.compact_above_tokens ?? 100_000,
    account: undefined,
    compactions: 0,
    phases: 0,
    warned: 0,
    cuts: 0,
  }
  return {
    work(session) {
      const models = modelsOf(session)
      mind.account ??= keepAccount(tokenCounterOf(models[0] ?? null))
      const phase: Phase = {
        mind,
        session,
        ordinal: mind.phases,
        models,
        account: mind.account,
        watch: watchForCircles(),
        nudged: false,
      }
      mind.phases += 1
      mind.conversation.tell(session.opening)
      return takeTurns(phase)
    },
  }
}

function modelsOf({ task }: AgentSession): readonly ModelChoice[] {
  if (task.agent.kind !== 'native')
    throw new GanderError('internal', `The native agent was given a ${task.agent.kind} task.`)
  return task.agent.fallback === null ? [task.agent.model] : [task.agent.model, task.agent.fallback]
}

async function takeTurns(phase: Phase): Promise<AgentOutcome> {
  const { conversation, compact_above_tokens } = phase.mind
  for (let turn = 0; ; turn++) {
    phase.session.signal.throwIfAborted()
    if (phase.account.tokensOf(conversation.messages) > compact_above_tokens) await compact(phase, turn)
    const reply = await ask(phase, turn)
    if (reply.kind === 'too_long') {
      if (await compact(phase, turn)) continue
      return { kind: 'model_failed', failure: 'context_too_long', message: reply.message }
    }
    if (reply.kind !== 'answered') return outcomeOf(reply)
    phase.account.learn(reply.answer.usage.input_tokens)
    const ended = await takeIn(phase, turn, reply.answer)
    if (ended !== undefined) return ended
    tellOfCuts(phase.mind, reply.answer)
    warn(phase, reply.pressure)
    const stuck = headOff(phase)
    if (stuck !== undefined) return stuck
  }
}

/** Gives up old tool outputs, as a step of its own; false where nothing could be given up. */
async function compact({ mind, session, ordinal, account }: Phase, turn: number): Promise<boolean> {
  const { conversation } = mind
  const before_tokens = account.tokensOf(conversation.messages)
  const left_out = conversation.compact()
  if (left_out.length === 0) return false
  const after_tokens = account.tokensOf(conversation.messages)
  const key = `compact:${ordinal}:${turn}:${mind.compactions++}`
  const facts = { left_out: left_out.length, before_tokens, after_tokens }
  await session.journal.perform({ key, kind: 'context', request: { left_out } }, async () => ({
    value: { left_out, before_tokens, after_tokens },
    events: [{ event: 'context_compacted', facts }],
  }))
  return true
}

function ask({ mind, session, ordinal, models, account }: Phase, turn: number): Promise<Reply> {
  const request = {
    phase: session.phase,
    system: session.system,
    messages: [...mind.conversation.messages],
    tools: session.tools.declarations(session.phase),
    max_output_tokens: mind.max_output_tokens,
  }
  return askModel(mind.access, {
    key: `model:${ordinal}:${turn}`,
    run_id: session.run_id,
    tenant_id: session.tenant_id,
    task_class: session.task.capability,
    models,
    request,
    account: account.account(request),
    journal: session.journal,
    budget: () => session.budget(),
    signal: session.signal,
    known_cuts: mind.cuts,
  })
}

function outcomeOf(reply: Exclude<Reply, { kind: 'answered' | 'too_long' }>): AgentOutcome {
  switch (reply.kind) {
    case 'failed':
      return { kind: 'model_failed', failure: reply.failure, message: reply.message }
    case 'unknown':
      return { kind: 'outcome_unknown', message: reply.message }
    case 'exhausted':
      return reply
    default:
      return reply satisfies never
  }
}

async function takeIn(phase: Phase, turn: number, answer: Answer): Promise<AgentOutcome | undefined> {
  const { conversation, max_output_tokens } = phase.mind
  if (answer.stop_reason === 'length' || answer.tool_requests.length === 0) {
    conversation.answer(answer.text, [])
    phase.watch.talked()
    conversation.tell(answer.stop_reason === 'length' ? cutOff(max_output_tokens) : callATool(phase.session.phase))
    return undefined
  }
  const requests = answer.tool_requests.map((request, index) => renamed(request, phase, turn, index))
  conversation.answer(answer.text, requests)
  try {
    return await carryOut(phase, turn, requests)
  } catch (error) {
    if (error instanceof BudgetExhausted) return { kind: 'exhausted', verdict: error.verdict }
    throw error
  }
}

/** Providers disagree about call ids and some repeat them; ours are unique in the run and the same on replay. */
const renamed = (request: ToolRequest, phase: Phase, turn: number, index: number): ToolRequest => ({
  ...request,
  id: `call_${phase.ordinal}_${turn}_${index}`,
})

async function carryOut(
  phase: Phase,
  turn: number,
  requests: readonly ToolRequest[],
): Promise<AgentOutcome | undefined> {
  const { session, ordinal, watch } = phase
  const answers: ToolAnswer[] = []
  let ended: ToolControl | null = null
  for (const [index, request] of requests.entries()) {
    if (ended !== null || index >= CALLS_PER_TURN) {
      const why = ended === null ? `a turn holds at most ${CALLS_PER_TURN} calls` : 'the phase ended before this call'
      answers.push({ call_id: request.id, name: request.name, text: notExecuted(why), is_error: true })
      continue
    }
    session.signal.throwIfAborted()
    const key = `tool:${ordinal}:${turn}:${index}`
    const { answer, control } = await session.tools.call(request, { phase: session.phase, key })
    watch.did(request, answer)
    const text = isForeignTool(request.name) ? answer.text : showToolAnswer(answer.text, kindOf(request.name))
    answers.push({ ...answer, text, call_id: request.id, name: request.name })
    ended = control
  }
  phase.mind.conversation.results(answers)
  return ended === null ? undefined : outcomeOfControl(ended)
}

function outcomeOfControl(control: ToolControl): AgentOutcome {
  switch (control.kind) {
    case 'plan_accepted':
      return { kind: 'planned', plan: control.plan, plan_sha256: control.plan_sha256 }
    case 'finish':
      return { kind: 'finished', summary: control.summary }
    case 'blocked':
      return { kind: 'blocked', reason: control.reason, needs: control.needs }
    case 'needs_leave':
      return { kind: 'needs_leave', wanted: control.wanted }
    default:
      return control satisfies never
  }
}

/** Says once at each mark that the budget runs out; `pressure` comes from the record. */
function warn({ mind, session }: Phase, pressure: number): void {
  const reached = STEERING_MARKS.filter((mark) => pressure >= mark).length
  if (reached <= mind.warned) return
  mind.warned = reached
  mind.conversation.tell(wrapUp(pressure, session.phase))
}

/** Says that more was cut out of the request than before; the answer is recorded, so a resumed run says it again here. */
function tellOfCuts(mind: Mind, { cut }: Answer): void {
  if (cut === undefined || cut.count <= mind.cuts) return
  mind.cuts = cut.count
  mind.conversation.tell(cutOut(cut.count, cut.kinds))
}

function headOff(phase: Phase): AgentOutcome | undefined {
  const circle = phase.watch.circle()
  if (circle === undefined) return undefined
  if (phase.nudged) return { kind: 'stuck', reason: `The model went in a circle: ${circle}, also after a warning.` }
  phase.nudged = true
  phase.mind.conversation.tell(nudge(circle, phase.session.phase))
  return undefined
}
