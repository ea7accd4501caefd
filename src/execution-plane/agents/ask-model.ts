import { exhausted, type BudgetLimits, type BudgetUse, type BudgetVerdict } from '#domain/budget'
import type { RequestAccount } from '#domain/context'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { Usage, ToolRequest } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'
import { costOf, hashRequest, worstCaseOf } from '#execution-plane/model-gateway'
import {
  BudgetExhausted,
  type Clock,
  type ModelAnswer,
  type ModelCallRecord,
  type ModelFailureKind,
  type ModelGateway,
  type ModelPrice,
  type ModelRequest,
  type PriceTable,
  type StepJournal,
  type StepOutcome,
} from '#ports'
import { pressureOf, type Charge } from './pressure.ts'

/** What it takes to reach a model. */
export interface ModelAccess {
  readonly gateway: ModelGateway
  readonly prices: PriceTable
  readonly clock: Clock
}

/** One request to a model, asked as often as the retry rules allow. */
export interface Question {
  /** Prefix of the step keys, unique in the run; each attempt appends its number. */
  readonly key: string
  readonly run_id: string
  readonly tenant_id: string
  /** The task's capability: the policy for models is asked with it. */
  readonly task_class: string
  readonly request: ModelRequest
  /** The models to ask, in order of preference. */
  readonly models: readonly ModelChoice[]
  readonly journal: StepJournal
  /** Absent means that the journal alone keeps the budget. */
  readonly budget?: () => { readonly limits: BudgetLimits; readonly use: BudgetUse }
  readonly signal: AbortSignal
  /** How many passages the conversation is known to lose on its way to the model; absent means none. */
  readonly known_cuts?: number
  /** What the request carries, kept with its step; absent: nobody keeps account. */
  readonly account?: RequestAccount
}

type Answered = Extract<ModelAnswer, { status: 'answered' }>
type Failed = Extract<ModelAnswer, { status: 'failed' }>

/** How a question ended. `pressure` is the used share of the tightest budget, as recorded with the answer. */
export type Reply =
  | { readonly kind: 'answered'; readonly answer: Answered; readonly pressure: number; readonly model: ModelChoice }
  | { readonly kind: 'too_long'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: ModelFailureKind; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  | { readonly kind: 'exhausted'; readonly verdict: BudgetVerdict }

/** A model answer as a step's value: the port's type without its interfaces, so that it is JSON by its type as well. */
type Recorded = { readonly answer: RecordedAnswer; readonly pressure: number; readonly seen?: RequestAccount }
type Plain<Shape> = { readonly [Key in keyof Shape]: Shape[Key] }
type RecordedAnswer =
  | (Omit<Answered, 'usage' | 'tool_requests'> & {
      readonly usage: Plain<Usage>
      readonly tool_requests: readonly Plain<ToolRequest>[]
    })
  | Failed
  | Extract<ModelAnswer, { status: 'unknown' }>

type Attempted = Recorded & { readonly fresh: boolean }

const ATTEMPTS_PER_MODEL = 4
const BACKOFF_MS = [1_000, 4_000, 16_000]
const LONGEST_WAIT_MS = 120_000
const CALL_TIMEOUT_MS = 300_000
/** Of a repository's content: tasks name no other class. */
const DATA_CLASS = 'internal'
const NOTHING_KNOWN: Usage = { input_tokens: null, output_tokens: null, cached_input_tokens: null }
/** No tokeniser in use makes more tokens of code or English. */
const LEAST_BYTES_PER_TOKEN = 2

/**
 * Asks until there is an answer or a reason why there is none. Every attempt is a step of its own, so a resumed run
 * walks the same attempts from the record without waiting and without asking anybody. Retryable failures are tried four
 * times a model with a growing wait, then the next model is asked. A round over all models that came wholly from the
 * record belongs to an earlier attempt of the run: it is passed over, and the models are asked anew.
 * @throws GanderError `model_without_price`, and what the journal and the gateway throw
 */
export async function askModel(access: ModelAccess, question: Question): Promise<Reply> {
  const progress: Progress = { attempt: 0, unknowns: 0 }
  for (;;) {
    const round = await askEachModel(access, question, progress)
    if (round.reply !== undefined) return round.reply
    if (round.fresh) return { kind: 'failed', failure: round.last.kind, message: round.last.message }
  }
}

interface Progress {
  attempt: number
  unknowns: number
}

type Round = { readonly reply: Reply } | { readonly reply: undefined; readonly last: Failed; readonly fresh: boolean }

async function askEachModel(access: ModelAccess, question: Question, progress: Progress): Promise<Round> {
  let last: Failed | undefined
  let fresh = false
  for (const model of question.models) {
    const end = await askOneModel(access, question, model, progress)
    if (end.reply !== undefined) return end
    last = end.last
    fresh ||= end.fresh
  }
  if (last === undefined) throw new GanderError('internal', 'A question was asked of no model.')
  return { reply: undefined, last, fresh }
}

async function askOneModel(
  access: ModelAccess,
  question: Question,
  model: ModelChoice,
  progress: Progress,
): Promise<Round> {
  let fresh = false
  for (let failures = 0; ; ) {
    const attempted = await attemptOnce(access, question, model, progress.attempt)
    progress.attempt += 1
    if ('verdict' in attempted) return { reply: { kind: 'exhausted', verdict: attempted.verdict } }
    fresh ||= attempted.fresh
    const answer = asPort(attempted.answer)
    if (answer.status === 'answered' && !isRefusal(answer))
      return { reply: { kind: 'answered', answer, pressure: attempted.pressure, model } }
    // A call that was cut when its run was stopped may have worked, as one whose gateway died.
    if (answer.status === 'unknown' || isCut(answer)) {
      progress.unknowns += 1
      if (progress.unknowns > 1) return { reply: { kind: 'unknown', message: answer.message } }
      continue
    }
    const failed = answer.status === 'answered' ? refusalOf(answer) : answer
    if (failed.kind === 'context_too_long') return { reply: { kind: 'too_long', message: failed.message } }
    if (failed.kind === 'departed') return { reply: { kind: 'failed', failure: 'departed', message: failed.message } }
    failures += 1
    const wait = waitBefore(failures, failed)
    if (wait === undefined) return { reply: undefined, last: failed, fresh }
    if (attempted.fresh) await access.clock.sleep(wait, question.signal)
  }
}

/** How long to wait before the next attempt; undefined when this model is given up. */
function waitBefore(failures: number, failed: Failed): number | undefined {
  const backoff = BACKOFF_MS[failures - 1]
  if (!failed.retryable || failures >= ATTEMPTS_PER_MODEL || backoff === undefined) return undefined
  const asked = failed.retry_after_ms ?? 0
  return asked > LONGEST_WAIT_MS ? undefined : Math.max(backoff, asked)
}

async function attemptOnce(
  access: ModelAccess,
  question: Question,
  model: ModelChoice,
  attempt: number,
): Promise<Attempted | { readonly verdict: BudgetVerdict }> {
  const { journal, request } = question
  const price = access.prices.priceOf(model)
  if (price === undefined)
    throw new GanderError(
      'model_without_price',
      `Nothing is known about the price of ${model.provider}:${model.model}.`,
    )
  const reserve_usd = worstCaseOf(price, request)
  const budget = journal.replaying ? undefined : question.budget?.()
  const verdict = budget === undefined ? undefined : exhausted(budget.use, budget.limits, reserve_usd)
  if (verdict !== undefined) return { verdict }
  question.signal.throwIfAborted()
  const request_sha256 = hashRequest(request)
  let fresh = false
  try {
    const recorded = await journal.perform<Recorded>(
      {
        key: `${question.key}:${attempt}`,
        kind: 'model_call',
        request: { model: { ...model }, request_sha256 },
        reserve_usd,
      },
      async ({ n }) => {
        fresh = true
        const call_key = `${question.run_id}/${n}/${attempt}`
        const answer = await access.gateway.call(
          {
            call_key,
            run_id: question.run_id,
            tenant_id: question.tenant_id,
            model,
            request,
            request_sha256,
            timeout_ms: CALL_TIMEOUT_MS,
            task_class: question.task_class,
            data_class: DATA_CLASS,
          },
          question.signal,
        )
        return outcomeOf(question, model, { call_key, answer, charged: chargeOf(answer, request, price) })
      },
    )
    return { ...recorded, fresh }
  } catch (error) {
    if (error instanceof BudgetExhausted) return { verdict: error.verdict }
    throw error
  }
}

interface Called {
  readonly call_key: string
  readonly answer: ModelAnswer
  readonly charged: Charge
}

/** A call that may have worked is booked at its worst, and so is every figure that the provider did not give. */
function chargeOf(answer: ModelAnswer, request: ModelRequest, price: ModelPrice | 'free'): Charge {
  const mayHaveWorked =
    answer.status === 'unknown' || (answer.status === 'failed' && (answer.kind === 'timeout' || isCut(answer)))
  if (answer.status !== 'answered' && !mayHaveWorked) return { cost_usd: 0, tokens: 0 }
  const usage = answer.status === 'answered' ? answer.usage : NOTHING_KNOWN
  const input = usage.input_tokens ?? Math.ceil(Buffer.byteLength(JSON.stringify(request)) / LEAST_BYTES_PER_TOKEN)
  return { cost_usd: costOf(usage, price, request), tokens: input + (usage.output_tokens ?? request.max_output_tokens) }
}

function outcomeOf(question: Question, model: ModelChoice, called: Called): StepOutcome<Recorded> {
  const { answer, charged, call_key } = called
  const budget = question.budget?.()
  const of_run = budget === undefined ? 0 : pressureOf(budget.use, budget.limits, charged)
  const of_policy = answer.status === 'answered' ? (answer.policy_pressure ?? 0) : 0
  return {
    value: {
      answer,
      pressure: Math.max(of_run, of_policy),
      ...(question.account !== undefined && { seen: question.account }),
    },
    events: [eventOf(question, model, called), ...cutEvents(question, called)],
    cost_usd: charged.cost_usd,
    tokens: charged.tokens,
    model_call: recordOf(question, model, { answer, charged, call_key }),
  }
}

function recordOf(question: Question, model: ModelChoice, { answer, charged, call_key }: Called): ModelCallRecord {
  const answered = answer.status === 'answered' ? answer : undefined
  return {
    call_key,
    provider: model.provider,
    model: answered?.reported_model ?? model.model,
    phase: question.request.phase,
    outcome: answer.status === 'failed' ? answer.kind : answer.status,
    input_tokens: answered?.usage.input_tokens ?? null,
    output_tokens: answered?.usage.output_tokens ?? null,
    cost_usd: charged.cost_usd,
    duration_ms: answered?.duration_ms ?? 0,
  }
}

function eventOf(question: Question, model: ModelChoice, called: Called): EventDraft {
  const { call_key, cost_usd, outcome, phase, input_tokens, output_tokens } = recordOf(question, model, called)
  if (called.answer.status === 'unknown')
    return { event: 'model_call_unknown', facts: { call_key, reserved_usd: cost_usd } }
  const facts = { call_key, model: model.model, phase, input_tokens, output_tokens, cost_usd, outcome }
  return { event: 'model_called', facts, actor_type: 'agent', resource_type: 'model', resource_id: model.model }
}

/** What the gateway cut out of this request beyond what was known; a registered value among it is an incident. */
function cutEvents({ known_cuts = 0, request }: Question, { answer }: Called): readonly EventDraft[] {
  const cut = answer.status === 'answered' ? answer.cut : undefined
  if (cut === undefined || cut.count <= known_cuts) return []
  const where = `model request (${request.phase})`
  return [
    { event: 'secret_redacted', facts: { count: cut.count - known_cuts, kinds: [...cut.kinds], where } },
    ...(cut.confirmed
      ? [{ event: 'incident_opened', facts: { kind: 'registered_secret_seen', where } } satisfies EventDraft]
      : []),
  ]
}

const asPort = (answer: RecordedAnswer): ModelAnswer => answer

const isCut = (answer: ModelAnswer): answer is Failed => answer.status === 'failed' && answer.kind === 'stopped'

const isRefusal = (answer: Answered): boolean => answer.stop_reason === 'refused' && answer.tool_requests.length === 0

const refusalOf = (answer: Answered): Failed => ({
  status: 'failed',
  kind: 'refused_by_provider',
  message: answer.text === '' ? 'The model refused to answer.' : `The model refused: ${answer.text.slice(0, 300)}`,
  retry_after_ms: null,
  retryable: false,
})
