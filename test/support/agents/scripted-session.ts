import type { BudgetLimits } from '#domain/budget'
import type { Json } from '#domain/json'
import type { Plan } from '#domain/plan'
import { LOCAL_TENANT, type RequestId, type RunId, type TaskId } from '#domain/ids'
import { DEFAULT_SCOPE, type ModelChoice, type Task } from '#domain/task'
import { PHASE_TOOLS, TOOL_NAMES, type AgentPhase } from '#domain/tool'
import type {
  AgentSession,
  AgentTools,
  Clock,
  ModelAnswer,
  ModelCall,
  ModelFailureKind,
  ModelGateway,
  PriceTable,
  ToolCallResult,
} from '#ports'
import { WIDE_LIMITS, type MemoryJournal } from './memory-journal.ts'

export const MODEL: ModelChoice = { provider: 'test', model: 'one', api: 'openai-chat', url: null }
export const FALLBACK: ModelChoice = { provider: 'test', model: 'two', api: 'openai-chat', url: null }

export const PLAN: Plan = {
  objective: 'The parser accepts empty input.',
  assumptions: [],
  constraints: [],
  steps: [{ id: 'S1', action: 'edit the parser', target: 'src/parse.ts', expected_evidence: 'parse tests pass' }],
  verification: ['npm test'],
  forbidden: ['touch the lexer'],
  risk: 'low',
}

/** A task with sensible values, to be overridden. */
export const taskOf = (over: Partial<Task> = {}): Task => ({
  id: 'task_test' as TaskId,
  tenant_id: LOCAL_TENANT,
  request_id: 'req_test' as RequestId,
  repository: '/repositories/parser',
  base_ref: 'main',
  title: 'Empty input crashes the parser',
  objective: 'parse("") throws; it should return an empty list.',
  scope: DEFAULT_SCOPE,
  success_criteria: [{ text: 'parse("") returns [].', origin: 'stated' }],
  constraints: [],
  capability: 'code_change',
  mode: 'draft_pr',
  agent: { kind: 'native', model: MODEL, fallback: null },
  verification: null,
  limits: WIDE_LIMITS,
  deadline: null,
  attachments: [],
  risk_hints: [],
  expected_output: null,
  owner: null,
  requester: 'someone',
  trust: 'operator',
  is_fix: true,
  ...over,
})

type Answered = Extract<ModelAnswer, { status: 'answered' }>

export const says = (text: string, over: Partial<Answered> = {}): ModelAnswer => ({
  status: 'answered',
  text,
  tool_requests: [],
  stop_reason: 'end_of_turn',
  usage: { input_tokens: 100, output_tokens: 10, cached_input_tokens: 0 },
  reported_model: 'one',
  duration_ms: 1,
  exchange_sha256: '0'.repeat(64),
  ...over,
})

export const calls = (...requests: readonly (readonly [string, Json])[]): ModelAnswer =>
  says('', {
    stop_reason: 'tool_calls',
    tool_requests: requests.map(([name, args], index) => ({ id: `x${index}`, name, arguments: args })),
  })

export const fails = (kind: ModelFailureKind, retryable = true, retry_after_ms: number | null = null): ModelAnswer => ({
  status: 'failed',
  kind,
  message: `it is ${kind}`,
  retry_after_ms,
  retryable,
})

export const UNKNOWN: ModelAnswer = { status: 'unknown', message: 'the gateway died' }

export interface ScriptedGateway extends ModelGateway {
  readonly asked: readonly ModelCall[]
}

/** Answers calls in order; a call beyond the script fails the test. The same key is answered once. */
export function scriptedGateway(
  answers: readonly (ModelAnswer | ((call: ModelCall) => ModelAnswer))[],
): ScriptedGateway {
  const asked: ModelCall[] = []
  const keys = new Set<string>()
  return {
    asked,
    admit: async () => {
      throw new Error('no guest in this test')
    },
    async call(call) {
      if (keys.has(call.call_key)) throw new Error(`call ${call.call_key} was repeated`)
      keys.add(call.call_key)
      const next = answers[asked.length]
      asked.push(call)
      if (next === undefined) throw new Error('the script has no further answer')
      return typeof next === 'function' ? next(call) : next
    },
  }
}

export interface ScriptedTools extends AgentTools {
  readonly called: readonly { readonly name: string; readonly arguments: Json; readonly key: string }[]
}

/** Tools over a function; recorded through the journal as the real ones are. */
export function scriptedTools(
  journal: MemoryJournal,
  react: (name: string, args: Json) => string | Partial<ToolCallResult['answer']> = () => 'ok',
): ScriptedTools {
  const called: { name: string; arguments: Json; key: string }[] = []
  return {
    called,
    declarations: (phase) =>
      TOOL_NAMES.filter((name) => PHASE_TOOLS[phase].includes(name)).map((name) => ({
        name,
        description: name,
        input_schema: { type: 'object' },
      })),
    leave: async () => ({ answer: 'refuse', rule: 'test', message: 'no leave in this test' }),
    async call(request, { key }) {
      const result = await journal.perform<Json>(
        { key, kind: 'tool_call', request: { name: request.name, arguments: request.arguments } },
        async () => {
          called.push({ name: request.name, arguments: request.arguments, key })
          const reaction = react(request.name, request.arguments)
          const given = typeof reaction === 'string' ? { text: reaction } : reaction
          const answer = { call_id: request.id, name: request.name, text: '', is_error: false, ...given }
          return { value: { answer, control: controlOf(request.name, answer.is_error) } }
        },
      )
      return result as unknown as ToolCallResult
    },
  }
}

function controlOf(name: string, is_error: boolean): Json {
  if (is_error) return null
  if (name === 'submit_plan')
    return { kind: 'plan_accepted', plan: PLAN as unknown as Json, plan_sha256: 'p'.repeat(64) }
  if (name === 'finish') return { kind: 'finish', summary: 'done' }
  if (name === 'report_blocked') return { kind: 'blocked', reason: 'no way', needs: 'a hint' }
  return null
}

export interface FakeClock extends Clock {
  readonly slept: readonly number[]
}

/** A clock that notes its sleeps and does not wait. */
export function fakeClock(): FakeClock {
  const slept: number[] = []
  return {
    slept,
    now: () => 0,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
    },
  }
}

export const CHEAP: PriceTable = { priceOf: () => ({ input: 1, output: 2, cached_input: 0.1 }) }

/** A session over a journal. */
export function sessionOf(
  journal: MemoryJournal,
  over: Partial<AgentSession> & { readonly limits?: Partial<BudgetLimits> } = {},
): AgentSession {
  const { limits, ...rest } = over
  const phase: AgentPhase = rest.phase ?? 'planning'
  return {
    run_id: 'run_test' as RunId,
    tenant_id: LOCAL_TENANT,
    task: taskOf(),
    phase,
    system: 'system',
    opening: `opening of ${phase}`,
    journal,
    tools: scriptedTools(journal),
    budget: () => ({ limits: { ...WIDE_LIMITS, ...limits }, use: journal.use() }),
    signal: new AbortController().signal,
    ...rest,
  }
}
