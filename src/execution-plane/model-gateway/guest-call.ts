import type { Json } from '#domain/json'
import type { ForwardedAnswer } from '#ports'
import { readEvents, writeEvent } from './event-stream.ts'
import { withoutRegisteredSecrets } from './exact-redaction.ts'
import { json, type Channel, type GuestReply, type GuestRequest } from './guest-channel.ts'
import { GuestRefusal, objectOf, type GuestWire } from './guest-wire.ts'
import { redactEvents } from './redact-stream.ts'
import { NOTHING_KNOWN, reserveCall, untell, type Call } from './reserve-guest-call.ts'
import { settleCall } from './settle-guest-call.ts'

/** From sending a call until the last byte of its answer. */
const CALL_MS = 600_000
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
const ERROR_CHARS = 600
/** Features of Anthropic's format that change neither where data goes nor what it costs. */
const HARMLESS_BETA = /^(interleaved-thinking|fine-grained-tool-streaming|token-efficient-tools|effort)-[\d-]+$/

/** The whole way of a guest's call: allowlist, redaction, reservation, provider, redaction, settlement. */
export async function callModel(
  channel: Channel,
  wire: GuestWire,
  request: GuestRequest,
  body: Json,
): Promise<GuestReply> {
  const call = await reserveCall(channel, wire, request, body)
  const late = AbortSignal.timeout(channel.world.call_ms ?? CALL_MS)
  const overdue = AbortSignal.any([channel.killed, late])
  let answer: ForwardedAnswer
  try {
    const { model, stream, bytes } = call
    const headers = headersOf(channel, wire, request.beta)
    answer = await channel.world.forward({ model, path: wire.pathOf(model, stream), headers, body: bytes }, overdue)
  } catch (error) {
    untell(call)
    const sent_for_sure = codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOTFOUND'
    const stopped = channel.killed.aborted
    const reason = stopped ? 'stopped' : late.aborted ? 'timeout' : 'unreachable'
    await settleCall(call, { outcome: 'failed', reason, answer: null, is_free: !sent_for_sure })
    if (stopped) throw new GuestRefusal(403, 'stopped', STOPPED_WORDS)
    if (late.aborted) throw new GuestRefusal(504, 'timeout', 'The provider did not answer in time.')
    throw new GuestRefusal(502, 'unreachable', `The model's provider could not be reached (${codeOf(error)}).`)
  }
  if (answer.status < 200 || answer.status >= 300) return failed(call, answer)
  const heard = { call, answer, late }
  return call.stream && answer.content_type.includes('event-stream') ? streamed(heard) : whole(heard)
}

/** An answer that is being heard; `late` is aborted when its time is over. */
interface Hearing {
  readonly call: Call
  readonly answer: ForwardedAnswer
  readonly late: AbortSignal
}

const STOPPED_WORDS = 'The run was stopped while the provider answered; it may not ask models any more.'

const brokenBy = ({ call, late }: Hearing): { readonly reason: string; readonly words: string } =>
  call.channel.killed.aborted
    ? { reason: 'stopped', words: STOPPED_WORDS }
    : late.aborted
      ? { reason: 'timeout', words: 'The provider took too long over its answer.' }
      : { reason: 'broken_answer', words: 'The provider broke off its answer or sent something else than JSON.' }

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
  untell(call)
  const text = await textOf(answer).catch(() => '')
  const said = (await channel.world.redactor.redact(messageIn(text))).text
  const rule = status < 400 ? 'redirect' : status === 401 ? 'key_rejected' : `provider_${status}`
  await settleCall(call, { outcome: 'failed', reason: rule, answer: { status, message: said }, is_free: status < 500 })
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

async function whole(hearing: Hearing): Promise<GuestReply> {
  const { call, answer, late } = hearing
  let said: Json
  try {
    said = JSON.parse(await textOf(answer)) as Json
  } catch {
    const { reason, words } = brokenBy(hearing)
    await settleCall(call, { outcome: 'failed', reason, answer: null })
    throw new GuestRefusal(late.aborted ? 504 : 502, reason, words)
  }
  const clean = await withoutRegisteredSecrets(said, call.channel.world.redactor)
  const usage = call.wire.usageOf(said, NOTHING_KNOWN)
  const { wire } = call
  await settleCall(call, { outcome: 'answered', reason: null, answer: clean, usage, reported: wire.modelOf(clean) })
  return json(200, clean)
}

function streamed(hearing: Hearing): GuestReply {
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }
  return { status: 200, headers, body: pass(hearing) }
}

/** Passes the events on and settles when the last has come, also when the guest no longer listens. */
async function* pass(hearing: Hearing): AsyncGenerator<string> {
  const { call, answer } = hearing
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
    const { reason, words } = brokenBy(hearing)
    const broken = wire.error(502, reason, words)
    const text = `event: error\ndata: ${JSON.stringify(broken)}\n\n`
    heard.push(text)
    yield text
  } finally {
    const reason = outcome === 'answered' ? null : brokenBy(hearing).reason
    // What a stream told before it was cut is less than what the provider may ask for.
    if (reason === 'stopped') usage = NOTHING_KNOWN
    await settleCall(call, {
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

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}
