import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Usage } from '#domain/conversation'
import { canonicalJson, type Json, type JsonObject } from '#domain/json'
import type { ModelChoice } from '#domain/task'
import type { ForwardedAnswer, GuestReservation, GuestStop, ModelPrice } from '#ports'
import { costWithin, tokensWithin, worstWithin, type TokenBounds } from './cost.ts'
import { hashJson } from './hash-request.ts'
import { readEvents, writeEvent } from './event-stream.ts'
import { withoutRegisteredSecrets } from './exact-redaction.ts'
import { json, type Channel, type GuestReply, type GuestRequest } from './guest-channel.ts'
import { steeringAt } from './guest-steering.ts'
import { GuestRefusal, objectOf, type AllowedRequest, type GuestWire } from './guest-wire.ts'
import { redactEvents } from './redact-stream.ts'

/** Where a guest sets no limit. */
const DEFAULT_OUTPUT_TOKENS = 8_192
/** What steering adds at most, with room. */
const STEERING_TOKENS = 300
const CALL_MS = 600_000
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
const ERROR_CHARS = 600
/** Features of Anthropic's format that change neither where data goes nor what it costs. */
const HARMLESS_BETA = /^(interleaved-thinking|fine-grained-tool-streaming|token-efficient-tools|effort)-[\d-]+$/
const NOTHING_KNOWN: Usage = { input_tokens: null, output_tokens: null, cached_input_tokens: null }

/** One call on its way. */
interface Call {
  readonly channel: Channel
  readonly wire: GuestWire
  readonly n: number
  readonly model: ModelChoice
  readonly price: ModelPrice | 'free'
  readonly bounds: TokenBounds
  readonly stream: boolean
  /** As it was sent on, redacted. */
  readonly sent: JsonObject
  readonly dropped: readonly string[]
  readonly redacted: number
  readonly policy_version: string
  readonly log_prompts: boolean
  readonly started: number
}

/** The whole way of a guest's call: allowlist, redaction, reservation, provider, redaction, settlement. */
export async function callModel(
  channel: Channel,
  wire: GuestWire,
  request: GuestRequest,
  body: Json,
): Promise<GuestReply> {
  const allowed = allow(wire, body, request.target)
  const call = await reserve(channel, wire, allowed)
  const overdue = AbortSignal.any([channel.killed, AbortSignal.timeout(CALL_MS)])
  let answer: ForwardedAnswer
  try {
    const { model, stream, sent } = call
    const headers = headersOf(channel, wire, request.beta)
    answer = await channel.world.forward(
      { model, path: wire.pathOf(model, stream), headers, body: JSON.stringify(sent) },
      overdue,
    )
  } catch (error) {
    const sent_for_sure = codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOTFOUND'
    await settle(call, { outcome: 'failed', reason: 'unreachable', answer: null, is_free: !sent_for_sure })
    throw new GuestRefusal(502, 'unreachable', `The model's provider could not be reached (${codeOf(error)}).`)
  }
  if (answer.status < 200 || answer.status >= 300) return failed(call, answer)
  return call.stream && answer.content_type.includes('event-stream') ? streamed(call, answer) : whole(call, answer)
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

async function reserve(channel: Channel, wire: GuestWire, allowed: AllowedRequest): Promise<Call> {
  const { world, admission, start } = channel
  const { model } = admission
  const price = world.prices.priceOf(model)
  if (price === undefined) throw new GuestRefusal(403, 'model_without_price', `${model.model} has no price.`)
  const { task_class, data_class } = admission
  const decision = await world.rules({ model, use: 'guest', task_class, data_class })
  if (!decision.allowed) throw new GuestRefusal(403, 'refused_by_policy', decision.message)
  const redaction = await channel.requests.redact(allowed.body)
  const body = redaction.value as JsonObject
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
  const steering = steeringAt(reserved.pressure)
  const sealing = { model, max_output_tokens, stream: allowed.stream, steering }
  const sent = wire.seal({ ...allowed, body }, sealing)
  const { stream, dropped } = allowed
  const started = world.clock.now()
  return {
    channel,
    wire,
    n: wanted.n,
    model,
    price,
    bounds,
    stream,
    sent,
    dropped,
    redacted: redaction.count,
    policy_version: decision.policy_version,
    log_prompts: decision.log_prompts,
    started,
  }
}

function stopOf(status: GuestStop, used: number, limit: number): GuestRefusal {
  if (status === 'cost_exhausted')
    return new GuestRefusal(
      400,
      'budget_exhausted',
      `The run's budget does not hold this call: ${used.toFixed(4)} of ${limit} US dollars are used or reserved. End the turn with a summary; a person can grant more with \`gander continue RUN --add-cost\`.`,
    )
  if (status === 'tokens_exhausted')
    return new GuestRefusal(
      400,
      'budget_exhausted',
      `The run's budget does not hold this call: ${used} of ${limit} tokens are used or reserved. End the turn with a summary.`,
    )
  return new GuestRefusal(
    403,
    status,
    'This run may not ask models any more: it was stopped, or another worker has it.',
  )
}

/** Only what the format needs, and the real key. */
function headersOf(channel: Channel, wire: GuestWire, beta: string | undefined): Readonly<Record<string, string>> {
  const key = channel.key
  if (wire.api === 'google') return key === undefined ? {} : { 'x-goog-api-key': key }
  if (wire.api !== 'anthropic') return key === undefined ? {} : { authorization: `Bearer ${key}` }
  const kept = (beta ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => HARMLESS_BETA.test(each))
  return {
    'anthropic-version': '2023-06-01',
    ...(kept.length === 0 ? {} : { 'anthropic-beta': kept.join(',') }),
    ...(key === undefined ? {} : { 'x-api-key': key }),
  }
}

/** A provider's error in the guest's words, with nothing of ours in it. */
async function failed(call: Call, answer: ForwardedAnswer): Promise<GuestReply> {
  const { channel, wire } = call
  const { status } = answer
  const text = await textOf(answer).catch(() => '')
  const said = (await channel.world.redactor.redact(messageIn(text))).text
  const rule = status < 400 ? 'redirect' : status === 401 ? 'key_rejected' : `provider_${status}`
  await settle(call, { outcome: 'failed', reason: rule, answer: { status, message: said }, is_free: status < 500 })
  if (status < 400)
    throw new GuestRefusal(502, rule, 'The provider answered with a redirect, which is not followed with a key.')
  if (status === 401) throw new GuestRefusal(502, rule, "The provider rejected the platform's key; a person must look.")
  const retry = answer.retry_after !== null && /^[\d.]{1,10}$/.test(answer.retry_after) ? answer.retry_after : undefined
  const headers: Record<string, string> = retry === undefined ? {} : { 'retry-after': retry }
  return json(status, wire.error(status, rule, `The provider answered ${status}: ${said}`), headers)
}

/** The sentence in an error's body, in one line of readable length. */
function messageIn(text: string): string {
  let message: unknown = text
  try {
    const body = objectOf(JSON.parse(text))
    message = objectOf(body['error'])['message'] ?? body['message'] ?? text
  } catch {
    // The text itself is all there is.
  }
  return String(message)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, ERROR_CHARS)
}

async function whole(call: Call, answer: ForwardedAnswer): Promise<GuestReply> {
  let said: Json
  try {
    said = JSON.parse(await textOf(answer)) as Json
  } catch {
    await settle(call, { outcome: 'failed', reason: 'broken_answer', answer: null })
    throw new GuestRefusal(502, 'broken_answer', 'The provider broke off its answer or sent something else than JSON.')
  }
  const clean = await withoutRegisteredSecrets(said, call.channel.world.redactor)
  const usage = call.wire.usageOf(said, NOTHING_KNOWN)
  const { wire } = call
  await settle(call, { outcome: 'answered', reason: null, answer: clean, usage, reported: wire.modelOf(clean) })
  return json(200, clean)
}

function streamed(call: Call, answer: ForwardedAnswer): GuestReply {
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }
  return { status: 200, headers, body: pass(call, answer) }
}

/** Passes the events on and settles when the last has come, also when the guest no longer listens. */
async function* pass(call: Call, answer: ForwardedAnswer): AsyncGenerator<string> {
  const { wire, channel } = call
  const heard: string[] = []
  let usage = NOTHING_KNOWN
  let reported: string | undefined
  let outcome: 'answered' | 'failed' = 'failed'
  const guard = { redactor: channel.world.redactor, overlap: channel.overlap }
  const events = redactEvents(readEvents(limited(answer.body)), wire, guard)
  try {
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      const { data } = next.value
      if (data !== undefined) {
        usage = wire.usageOf(data, usage)
        reported ??= wire.modelOf(data)
      }
      const text = writeEvent(next.value)
      heard.push(text)
      yield text
    }
    outcome = 'answered'
  } catch {
    const broken = wire.error(502, 'broken_answer', 'The provider broke off its answer.')
    const text = `event: error\ndata: ${JSON.stringify(broken)}\n\n`
    heard.push(text)
    yield text
  } finally {
    const reason = outcome === 'answered' ? null : 'broken_answer'
    await settle(call, {
      outcome,
      reason,
      answer: heard.join(''),
      usage,
      ...(reported === undefined ? {} : { reported }),
    })
  }
}

async function textOf(answer: ForwardedAnswer): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of limited(answer.body)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new RangeError('The answer is too large.')
    yield chunk
  }
}

interface End {
  readonly outcome: 'answered' | 'failed'
  readonly reason: string | null
  readonly answer: Json
  readonly usage?: Usage
  readonly reported?: string | undefined
  /** The provider surely did no work. */
  readonly is_free?: boolean
}

/** Records the exchange and books what it cost; what is not known is booked as reserved. */
async function settle(call: Call, end: End): Promise<void> {
  const { channel, wire, n, price, bounds, started, model } = call
  const { world, start } = channel
  const { outcome, reason, usage = NOTHING_KNOWN, is_free = false } = end
  const duration_ms = Math.round(world.clock.now() - started)
  const call_key = `${start.key_prefix}/${n}`
  const { sent, dropped, redacted, policy_version, log_prompts } = call
  const hidden = (value: Json): Json => (log_prompts ? value : { sha256: hashJson(value) })
  const said = { request: hidden(sent), answer: hidden(end.answer), outcome, reason, usage }
  const kept = { call_key, ...start, model, api: wire.api, dropped, redacted, policy_version, duration_ms, ...said }
  const stored = await world.artifacts
    .put(JSON.stringify({ schema: 'gander.guest_exchange/1', sent_at: new Date(started).toISOString(), ...kept }))
    .catch(() => undefined)
  const spent = {
    cost_usd: is_free
      ? 0
      : usage.input_tokens === null || usage.output_tokens === null
        ? null
        : costWithin(usage, price, bounds),
    tokens: is_free ? 0 : tokensOf(usage),
  }
  const reported_model = end.reported ?? model.model
  await world.budget.settle(start, {
    n,
    outcome,
    reason,
    reported_model,
    usage,
    ...spent,
    duration_ms,
    exchange_sha256: stored?.sha256 ?? null,
  }) // prettier-ignore
}

const tokensOf = ({ input_tokens, output_tokens }: Usage): number | null =>
  input_tokens === null || output_tokens === null ? null : input_tokens + output_tokens

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}
