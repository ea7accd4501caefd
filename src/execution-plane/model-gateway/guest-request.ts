import type { JsonObject, Json } from '#domain/json'
import { callModel } from './guest-call.ts'
import { isToken, json, noteRefusal, type Channel, type GuestReply, type GuestRequest } from './guest-channel.ts'
import { GuestRefusal, type GuestWire } from './guest-wire.ts'
import { tokensWithin } from './cost.ts'
import { anthropicWire } from './wire-anthropic.ts'
import { googleWire } from './wire-google.ts'
import { openaiChatWire } from './wire-openai-chat.ts'
import { openaiResponsesWire } from './wire-openai-responses.ts'

/** Calls of one guest at the same time; the rest is told to wait. */
const MAX_IN_FLIGHT = 8
/** Deeper JSON is an attack on whoever walks it. */
const MAX_DEPTH = 128
const WIRES: readonly GuestWire[] = [anthropicWire, openaiChatWire, openaiResponsesWire, googleWire]
const PATHS: readonly (readonly [RegExp, GuestWire, 'call' | 'count'])[] = [
  [/^(\/v1)?\/messages$/, anthropicWire, 'call'],
  [/^(\/v1)?\/messages\/count_tokens$/, anthropicWire, 'count'],
  [/^(\/v1)?\/chat\/completions$/, openaiChatWire, 'call'],
  [/^(\/v1)?\/responses$/, openaiResponsesWire, 'call'],
  [/^(\/v1(beta)?)?\/models\/[^/:]+:(generateContent|streamGenerateContent)$/, googleWire, 'call'],
  [/^(\/v1(beta)?)?\/models\/[^/:]+:countTokens$/, googleWire, 'count'],
]

/** Answers one request of a guest, in the words of the wire format it used. */
export async function answerGuest(channel: Channel, request: GuestRequest): Promise<GuestReply> {
  const path = request.target.split('?')[0] ?? ''
  const found = PATHS.find(([pattern]) => pattern.test(path))
  const wire = found?.[1] ?? wireOf(channel)
  try {
    if (!isToken(channel, request.token))
      throw new GuestRefusal(401, 'wrong_token', 'The key is not the one this run was given.')
    if (channel.killed.aborted || channel.closing)
      throw new GuestRefusal(
        403,
        'channel_closed',
        'This run may not ask models any more: it was stopped or has ended.',
      )
    if (request.method === 'GET' && /^(\/v1(beta)?)?\/models(\/[^/]+)?$/.test(path))
      return json(200, await modelsOf(channel, path))
    if (found === undefined || request.method !== 'POST')
      throw new GuestRefusal(404, 'unknown_path', `There is nothing at ${request.method} ${path.slice(0, 200)}.`)
    if (found[2] === 'count') return json(200, countOf(wire, request.body))
    return await call(channel, wire, request)
  } catch (error) {
    return refused(wire, error)
  }
}

async function call(channel: Channel, wire: GuestWire, request: GuestRequest): Promise<GuestReply> {
  let body: Json
  try {
    check(channel, wire, request)
    body = parse(request.body)
  } catch (error) {
    await noteRefusal(channel, request, error)
    throw error
  }
  channel.in_flight += 1
  let left = false
  const leave = (): void => {
    if (!left) channel.in_flight -= 1
    left = true
  }
  try {
    const reply = await callModel(channel, wire, request, body)
    if (typeof reply.body === 'string') leave()
    else return { ...reply, body: untilEnd(reply.body, leave) }
    return reply
  } catch (error) {
    leave()
    throw error
  }
}

/** What can be said without looking into the body. */
function check(channel: Channel, wire: GuestWire, { target }: GuestRequest): void {
  const { api } = channel.admission.model
  if (wire.api !== api)
    throw new GuestRefusal(
      400,
      'other_wire_format',
      `This run's model is reached over ${wireOf(channel).label}, not over ${wire.label}. Configure the agent for that format, or choose a model whose provider speaks this one.`,
    )
  if (target.includes(':streamGenerateContent') && !/[?&]alt=sse(&|$)/.test(target))
    throw new GuestRefusal(
      400,
      'stream_format',
      'Streams are passed on as server-sent events only: ask with ?alt=sse, or ask for generateContent.',
    )
  if (channel.in_flight >= MAX_IN_FLIGHT)
    throw new GuestRefusal(429, 'too_many_at_once', `At most ${MAX_IN_FLIGHT} calls may be in flight; try again.`)
}

async function* untilEnd(body: AsyncIterable<string>, leave: () => void): AsyncGenerator<string> {
  try {
    yield* body
  } finally {
    leave()
  }
}

function parse(body: string): Json {
  if (depthOf(body) > MAX_DEPTH) throw new GuestRefusal(400, 'too_deep', `JSON may be nested ${MAX_DEPTH} levels deep.`)
  try {
    return JSON.parse(body) as Json
  } catch {
    throw new GuestRefusal(400, 'no_json', 'The body is no JSON.')
  }
}

/** How deep brackets nest outside of strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return deepest
}

const wireOf = ({ admission }: Channel): GuestWire =>
  WIRES.find((each) => each.api === admission.model.api) ?? anthropicWire

/** The run's model and those that the policy lists, in the words of each format. */
async function modelsOf({ admission, world }: Channel, path: string): Promise<JsonObject> {
  const { model: own, task_class, data_class } = admission
  const listed = await world.rules.listed({ model: own, use: 'guest', task_class, data_class })
  const ids = [...new Set([own.model, ...listed])].filter(
    (id) => id === own.model || world.prices.priceOf({ ...own, model: id }) !== undefined,
  )
  if (path.includes('v1beta')) return { models: ids.map((id) => ({ name: `models/${id}`, displayName: id })) }
  const entries = ids.map((id) => entryOf(id, own.provider))
  const asked = path.slice(path.lastIndexOf('/') + 1)
  if (!path.endsWith('/models')) return entries.find(({ id }) => id === asked) ?? entryOf(own.model, own.provider)
  return { object: 'list', data: entries, has_more: false, first_id: own.model, last_id: ids.at(-1) ?? own.model }
}

function entryOf(id: string, owned_by: string) {
  return {
    id,
    object: 'model',
    type: 'model',
    display_name: id,
    created: 0,
    created_at: '1970-01-01T00:00:00Z',
    owned_by,
  }
}

/** An estimate from the bytes: counting at the provider would be a request outside the budget. */
function countOf(wire: GuestWire, body: string): JsonObject {
  const tokens = Math.ceil(tokensWithin(Buffer.byteLength(body)) / 2)
  return wire.api === 'google' ? { totalTokens: tokens } : { input_tokens: tokens }
}

function refused(wire: GuestWire, error: unknown): GuestReply {
  if (error instanceof GuestRefusal) return json(error.status, wire.error(error.status, error.rule, error.message))
  const message = 'The gateway could not answer now. Try again; GANDER_HOME/logs/gateway.log has the reason.'
  return json(503, wire.error(503, 'gateway_failed', message))
}
