import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Usage } from '#domain/conversation'
import { canonicalJson, type Json, type JsonObject } from '#domain/json'
import { mapModel, type ModelDecision, type ModelMapping } from '#domain/model-policy'
import type { ModelChoice } from '#domain/task'
import type { GuestReservation, GuestStop, ModelPrice } from '#ports'
import { tokensWithin, worstWithin, type TokenBounds } from './cost.ts'
import { noteRefusal, type Channel, type GuestRequest } from './guest-channel.ts'
import { cutNotice, markAt, steeringAt } from './guest-steering.ts'
import { GuestRefusal, type AllowedRequest, type GuestWire } from './guest-wire.ts'
import type { RequestRedaction } from './redact-request.ts'

/** Where a guest sets no limit. */
const DEFAULT_OUTPUT_TOKENS = 8_192
/** What steering and the notice of cuts add at most, with room. */
const STEERING_TOKENS = 500

/** What a provider told about usage when it told nothing. */
export const NOTHING_KNOWN: Usage = { input_tokens: null, output_tokens: null, cached_input_tokens: null }

/** What a channel's model was told besides the guest's words. */
interface Told {
  readonly mark: number
  readonly cuts: number
}

/** One call on its way. */
export interface Call {
  readonly channel: Channel
  readonly wire: GuestWire
  readonly n: number
  readonly model: ModelChoice
  readonly asked_model: string
  readonly mapping: ModelMapping
  readonly price: ModelPrice | 'free'
  readonly bounds: TokenBounds
  readonly stream: boolean
  /** As it is sent on, redacted. */
  readonly sent: JsonObject
  /** The same in its bytes. */
  readonly bytes: string
  readonly dropped: readonly string[]
  readonly cut: Omit<RequestRedaction, 'value'>
  readonly policy_version: string
  readonly log_prompts: boolean
  readonly started: number
  /** What had been told before this call; holds again where the call did not reach the model. */
  readonly told_before: Told
}

/** Checks a request against the allowlist and the policy and reserves its worst case. Each refusal is recorded. */
export async function reserveCall(channel: Channel, wire: GuestWire, request: GuestRequest, body: Json): Promise<Call> {
  try {
    const allowed = allow(wire, body, request.target.split('?')[0] ?? '')
    const chosen = await chooseModel(channel, allowed.asked_model)
    return await reserve(channel, wire, { allowed, chosen })
  } catch (error) {
    await noteRefusal(channel, request, error)
    throw error
  }
}

function allow(wire: GuestWire, body: Json, path: string): AllowedRequest {
  try {
    return wire.allow(body, path)
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    const [issue] = error.issues
    const where = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.map(String).join('.')
    throw new GuestRefusal(
      400,
      'not_allowed',
      `The gateway does not let ${where} through: ${issue?.message ?? 'unknown'}.`,
    )
  }
}

interface Chosen {
  readonly model: ModelChoice
  readonly mapping: ModelMapping
  readonly price: ModelPrice | 'free'
  readonly decision: Extract<ModelDecision, { readonly allowed: true }>
}

/**
 * The model that was asked for, where the policy lists it and its price is known; else one of its family that is listed;
 * else the run's own. All are asked of the run's provider at the run's address, with the run's key.
 */
async function chooseModel({ world, admission }: Channel, wanted: string): Promise<Chosen> {
  const { task_class, data_class, model: own } = admission
  const ask = { model: own, use: 'guest', task_class, data_class } as const
  const listed = await world.rules.listed(ask)
  for (const { model: name, mapping } of mapModel({ wanted, run_model: own.model, listed })) {
    const model = { ...own, model: name }
    const price = world.prices.priceOf(model)
    const decision = await world.rules.decide({ ...ask, model })
    const is_own = name === own.model
    if (price !== undefined && decision.allowed && (is_own || decision.listed))
      return { model, mapping, price, decision }
    if (!is_own || mapping === 'alias') continue
    if (price === undefined) throw new GuestRefusal(403, 'model_without_price', `${name} has no price.`)
    if (!decision.allowed) throw new GuestRefusal(403, 'refused_by_policy', decision.message)
  }
  throw new GuestRefusal(403, 'refused_by_policy', `Nothing allows this run to ask ${own.model}.`)
}

interface Wanted {
  readonly allowed: AllowedRequest
  readonly chosen: Chosen
}

async function reserve(channel: Channel, wire: GuestWire, { allowed, chosen }: Wanted): Promise<Call> {
  const { world, start } = channel
  const { model, price, decision, mapping } = chosen
  const { value, ...cut } = await channel.requests.redact(allowed.body)
  const body = value as JsonObject
  const max_output_tokens = allowed.max_output_tokens ?? DEFAULT_OUTPUT_TOKENS
  const text = canonicalJson(body)
  const bounds = {
    input_tokens: tokensWithin(Buffer.byteLength(text)) + STEERING_TOKENS,
    output_tokens: max_output_tokens,
  }
  channel.n += 1
  const wanted: GuestReservation = {
    n: channel.n,
    model,
    request_sha256: createHash('sha256').update(text).digest('hex'),
    policy_version: decision.policy_version,
    max_cost_usd: decision.max_cost_usd,
    max_tokens: decision.max_tokens,
    worst_usd: worstWithin(price, bounds),
    worst_tokens: bounds.input_tokens + bounds.output_tokens,
  }
  const reserved = await world.budget.reserve(start, wanted)
  if (reserved.status !== 'reserved') {
    if (reserved.status !== 'lease_lost') await world.budget.refuse(start, wanted, reserved.status)
    throw stopOf(reserved.status, reserved.used, reserved.limit)
  }
  const { steering, told_before } = tell(channel, reserved.pressure, cut)
  const { stream, dropped, asked_model } = allowed
  const sent = wire.seal({ ...allowed, body }, { model, max_output_tokens, stream, steering })
  const bytes = JSON.stringify(sent)
  // A conversation whose last word is the model's own has no place for it.
  if (steering !== undefined && !bytes.includes(JSON.stringify(steering).slice(1, -1))) channel.told = told_before
  const { policy_version, log_prompts } = decision
  const of_policy = { policy_version, log_prompts }
  const of_model = { model, asked_model, mapping, price, bounds }
  const started = world.clock.now()
  const seen = { stream, sent, bytes, dropped, cut }
  return { channel, wire, n: wanted.n, ...of_model, ...seen, ...of_policy, started, told_before }
}

/** The call did not reach the model: what it would have told is told with the next one. */
export function untell({ channel, told_before }: Call): void {
  const { told } = channel
  channel.told = { mark: Math.min(told.mark, told_before.mark), cuts: Math.min(told.cuts, told_before.cuts) }
}

/** What is said at the end of the last message: each mark and each growth of what was cut, once. */
function tell(
  channel: Channel,
  pressure: number,
  { count, by_kind }: Call['cut'],
): { readonly steering: string | undefined; readonly told_before: Told } {
  const told_before = channel.told
  const said = [
    ...(count > told_before.cuts ? [cutNotice(count, Object.keys(by_kind).toSorted())] : []),
    steeringAt(pressure, told_before.mark) ?? [],
  ].flat()
  channel.told = {
    mark: Math.max(told_before.mark, markAt(pressure)),
    cuts: Math.max(told_before.cuts, count),
  }
  return { steering: said.length === 0 ? undefined : said.join('\n'), told_before }
}

function stopOf(status: GuestStop, used: number, limit: number): GuestRefusal {
  if (status === 'cost_exhausted')
    return new GuestRefusal(
      400,
      'budget_exhausted',
      `The run's budget does not hold this call: ${used.toFixed(4)} of ${limit} US dollars are used or reserved. End the turn with a summary; a person can grant more with \`gander continue RUN --add-cost\`.`,
      true,
    )
  if (status === 'tokens_exhausted')
    return new GuestRefusal(
      400,
      'budget_exhausted',
      `The run's budget does not hold this call: ${used} of ${limit} tokens are used or reserved. End the turn with a summary.`,
      true,
    )
  return new GuestRefusal(
    403,
    status,
    'This run may not ask models any more: it was stopped, or another worker has it.',
    true,
  )
}
