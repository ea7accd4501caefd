import { z } from 'zod'
import type { Json, JsonObject } from '#domain/json'
import { countOf, GuestRefusal, listOf, noForeignSource, objectOf, placesIn, type GuestWire } from './guest-wire.ts'
import { dataUrl, openaiError } from './wire-openai-chat.ts'

const json: z.ZodType<Json> = z.json()
const words = { type: z.enum(['input_text', 'output_text', 'text', 'refusal', 'summary_text', 'reasoning_text']) }
const part = z.union([
  z.object({ ...words, text: z.string().optional(), refusal: z.string().optional() }),
  z.object({ type: z.literal('input_image'), image_url: dataUrl, detail: z.string().optional() }),
])
const output = z.union([z.string(), z.array(part)])
const call = { call_id: z.string(), id: z.string().nullish(), status: z.string().nullish() }
const item = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: output,
    phase: z.string().nullish(),
  }),
  z.object({
    type: z.literal('function_call'),
    ...call,
    name: z.string(),
    arguments: z.string(),
    namespace: z.string().optional(),
  }),
  z.object({ type: z.literal('function_call_output'), ...call, output }),
  z.object({ type: z.literal('custom_tool_call'), ...call, name: z.string(), input: z.string() }),
  z.object({ type: z.literal('custom_tool_call_output'), ...call, output }),
  z.object({ type: z.literal('local_shell_call'), ...call, action: json }),
  z.object({ type: z.literal('local_shell_call_output'), ...call, output }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string().nullish(),
    summary: z.array(part).default([]),
    content: z.array(part).nullish(),
    encrypted_content: z.string().nullish(),
  }),
])
const functionTool = z.object({
  type: z.literal('function'),
  name: z.string(),
  description: z.string().optional(),
  parameters: z.record(z.string(), json).nullish(),
  strict: z.boolean().nullish(),
})
const tool = z.discriminatedUnion('type', [
  functionTool,
  z.object({
    type: z.literal('custom'),
    name: z.string(),
    description: z.string().optional(),
    format: json.optional(),
  }),
  z.object({ type: z.literal('local_shell') }),
  z.object({
    type: z.literal('namespace'),
    name: z.string(),
    description: z.string().optional(),
    tools: z.array(functionTool),
  }),
])
const request = z.object({
  model: z.string().max(200),
  instructions: z.string().nullish(),
  input: z.union([z.string(), z.array(item).min(1)]),
  tools: z.array(tool).optional(),
  tool_choice: json.optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_output_tokens: z.number().int().positive().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  reasoning: z.object({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
  text: z.object({ verbosity: z.string().nullish(), format: json.optional() }).nullish(),
  include: z.array(z.string()).optional(),
  stream: z.boolean().nullish(),
})

/** Tools that the client carries out; all others would run at the provider. */
const CLIENT_SIDE: ReadonlySet<unknown> = new Set(['function', 'custom', 'local_shell', 'namespace'])
const isClientSide = (offered: unknown): boolean => CLIENT_SIDE.has(objectOf(offered)['type'])

/** OpenAI's responses, always without the provider keeping them. */
export const openaiResponsesWire: GuestWire = {
  api: 'openai-responses',
  label: 'OpenAI responses (POST /v1/responses)',
  allow(body) {
    const asked = objectOf(body)
    const offered = listOf(asked['tools'])
    const tools = offered.length === 0 ? {} : { tools: offered.filter(isClientSide) }
    const input = typeof asked['input'] === 'string' ? asked['input'] : listOf(asked['input']).map(typed)
    const { model, stream, max_output_tokens, ...allowed } = request.parse({ ...asked, ...tools, input })
    const include = (allowed.include ?? []).filter((each) => each === 'reasoning.encrypted_content')
    return {
      body: { ...(allowed as JsonObject), include },
      asked_model: model,
      stream: stream === true,
      max_output_tokens: max_output_tokens ?? undefined,
      dropped: offered.filter((each) => !isClientSide(each)).map((each) => `tools.${String(objectOf(each)['type'])}`),
    }
  },
  seal: ({ body }, { model, max_output_tokens, stream, steering }) => ({
    ...body,
    model: model.model,
    max_output_tokens,
    store: false,
    ...(stream ? { stream: true } : {}),
    ...(steering === undefined ? {} : { input: steered(body['input'], steering) }),
  }),
  pathOf: () => '/responses',
  error: openaiError,
  usageOf(said, so_far) {
    const event = objectOf(said)
    const usage = objectOf(event['usage'] ?? objectOf(event['response'])['usage'])
    return {
      input_tokens: countOf(usage['input_tokens']) ?? so_far.input_tokens,
      output_tokens: countOf(usage['output_tokens']) ?? so_far.output_tokens,
      cached_input_tokens:
        countOf(objectOf(usage['input_tokens_details'])['cached_tokens']) ?? so_far.cached_input_tokens,
    }
  },
  modelOf(said) {
    const event = objectOf(said)
    const name = event['model'] ?? objectOf(event['response'])['model']
    return typeof name === 'string' ? name : undefined
  },
  deltasOf(event) {
    const said = objectOf(event)
    if (typeof said['delta'] !== 'string') return []
    const { type, output_index, content_index, summary_index } = said
    return placesIn(said, [type, output_index, content_index, summary_index].map(String).join(':'), ['delta'])
  },
}

/** An item with its type written out; foreign files and references to what the provider keeps are refused. */
function typed(given: unknown): unknown {
  const each = objectOf(given)
  const type = each['type'] ?? (each['role'] === undefined ? undefined : 'message')
  if (type === 'item_reference')
    throw new GuestRefusal(400, 'stored_reference', 'Nothing is stored at the provider, so nothing can be referred to.')
  for (const inner of [...listOf(each['content']), ...listOf(each['output'])]) {
    const { type: kind, file_id, file_url } = objectOf(inner)
    if (kind === 'input_file' || file_id !== undefined || file_url !== undefined) throw noForeignSource('Files')
  }
  return { ...each, type }
}

function steered(input: Json | undefined, steering: string): Json {
  const said = { type: 'message', role: 'user', content: [{ type: 'input_text', text: steering }] }
  if (typeof input === 'string')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }, said]
  return [...(listOf(input) as readonly Json[]), said]
}
