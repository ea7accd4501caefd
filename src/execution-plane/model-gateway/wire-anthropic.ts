import { z } from 'zod'
import type { Json, JsonObject } from '#domain/json'
import { countOf, listOf, noForeignSource, objectOf, placesIn, type GuestWire } from './guest-wire.ts'

const json: z.ZodType<Json> = z.json()
const cached = { cache_control: z.object({ type: z.literal('ephemeral') }).optional() }
const text = z.object({ type: z.literal('text'), text: z.string(), ...cached })
const bytes = z.object({ type: z.literal('base64'), media_type: z.string().max(100), data: z.base64() })
const plain = z.object({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() })
const foreign = z.custom<never>((value) => {
  const { type } = objectOf(value)
  if (type === 'url' || type === 'file') throw noForeignSource('Images and documents')
  return false
})
const image = z.object({ type: z.literal('image'), source: z.union([bytes, foreign]), ...cached })
const document = z.object({
  type: z.literal('document'),
  source: z.union([bytes, plain, foreign]),
  title: z.string().nullish(),
  ...cached,
})
const result = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.union([text, image, document]))]).optional(),
  is_error: z.boolean().optional(),
  ...cached,
})
const block = z.discriminatedUnion('type', [
  text,
  image,
  document,
  result,
  z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: json, ...cached }),
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
])
const tool = z.object({
  type: z.literal('custom').optional(),
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.record(z.string(), json),
  ...cached,
})
const request = z.object({
  model: z.string().max(200),
  max_tokens: z.number().int().positive().optional(),
  system: z.union([z.string(), z.array(text)]).optional(),
  messages: z
    .array(z.object({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(block)]) }))
    .min(1),
  tools: z.array(tool).optional(),
  tool_choice: z
    .object({ type: z.string(), name: z.string().optional(), disable_parallel_tool_use: z.boolean().optional() })
    .optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_k: z.number().optional(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  thinking: z
    .object({ type: z.string(), budget_tokens: z.number().optional(), display: z.string().optional() })
    .optional(),
  output_config: z.object({ effort: z.string().optional() }).optional(),
})

const isServerSide = (offered: unknown): boolean => ![undefined, 'custom'].includes(objectOf(offered)['type'] as string)

/** Anthropic's messages. */
export const anthropicWire: GuestWire = {
  api: 'anthropic',
  label: 'Anthropic messages (POST /v1/messages)',
  allow(body) {
    const asked = objectOf(body)
    const offered = listOf(asked['tools'])
    const server_side = offered.filter(isServerSide)
    const own = offered.filter((each) => !isServerSide(each))
    const { model, ...allowed } = request.parse({ ...asked, ...(offered.length === 0 ? {} : { tools: own }) })
    return {
      body: allowed as JsonObject,
      asked_model: model,
      stream: allowed.stream === true,
      max_output_tokens: allowed.max_tokens,
      dropped: server_side.map((each) => `tools.${String(objectOf(each)['type'])}`),
    }
  },
  seal: ({ body }, { model, max_output_tokens, stream, steering }) => ({
    ...body,
    model: model.model,
    max_tokens: max_output_tokens,
    stream,
    ...(steering === undefined ? {} : { messages: steered(body['messages'], steering) }),
  }),
  pathOf: () => '/messages',
  error: (status, rule, message) => ({
    type: 'error',
    error: {
      type: ERROR_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'),
      message,
      code: rule,
    },
  }),
  usageOf(said, so_far) {
    const event = objectOf(said)
    const usage = objectOf(event['usage'] ?? objectOf(event['message'])['usage'])
    const fresh = countOf(usage['input_tokens'])
    const read = countOf(usage['cache_read_input_tokens'])
    const written = countOf(usage['cache_creation_input_tokens'])
    const output = countOf(usage['output_tokens'])
    return {
      input_tokens: fresh === undefined ? so_far.input_tokens : fresh + (read ?? 0) + (written ?? 0),
      cached_input_tokens: read ?? so_far.cached_input_tokens,
      cache_write_input_tokens: written ?? so_far.cache_write_input_tokens ?? null,
      // A stream says at its start how much was written so far; only its end counts.
      output_tokens: event['type'] === 'message_start' ? so_far.output_tokens : (output ?? so_far.output_tokens),
    }
  },
  modelOf(said) {
    const event = objectOf(said)
    const name = event['model'] ?? objectOf(event['message'])['model']
    return typeof name === 'string' ? name : undefined
  },
  deltasOf(event) {
    const { type, index, delta } = objectOf(event)
    if (type !== 'content_block_delta') return []
    return placesIn(objectOf(delta), String(index), ['text', 'partial_json', 'thinking'])
  },
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

function steered(messages: Json | undefined, steering: string): Json {
  const all = listOf(messages) as readonly JsonObject[]
  const last = all.at(-1)
  if (last?.['role'] !== 'user') return [...all]
  const said = last['content']
  const blocks = typeof said === 'string' ? [{ type: 'text', text: said }] : (listOf(said) as readonly Json[])
  return [...all.slice(0, -1), { ...last, content: [...blocks, { type: 'text', text: steering }] }]
}
