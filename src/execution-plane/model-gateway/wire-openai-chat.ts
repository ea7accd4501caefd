import { z } from 'zod'
import type { Json, JsonObject } from '#domain/json'
import { countOf, listOf, noForeignSource, objectOf, placesIn, type DeltaPlace, type GuestWire } from './guest-wire.ts'

const json: z.ZodType<Json> = z.json()
/** The address of an image that is its own bytes. */
export const dataUrl = z.string().refine((url) => {
  if (!url.startsWith('data:image/')) throw noForeignSource('Images')
  return true
})
const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: dataUrl, detail: z.string().optional() }) }),
])
const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(part)]).nullish(),
  name: z.string().optional(),
  tool_call_id: z.string().optional(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        type: z.literal('function').default('function'),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    )
    .optional(),
})
const offeredTool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), json).optional(),
    strict: z.boolean().nullish(),
  }),
})
const request = z.object({
  model: z.string().max(200),
  messages: z.array(message).min(1),
  tools: z.array(offeredTool).optional(),
  tool_choice: json.optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.string().nullish(),
  response_format: z.record(z.string(), json).optional(),
  stream: z.boolean().nullish(),
})

const isFunction = (offered: unknown): boolean => objectOf(offered)['type'] === 'function'

/** OpenAI's chat completions, as spoken by most other servers too. */
export const openaiChatWire: GuestWire = {
  api: 'openai-chat',
  label: 'OpenAI chat completions (POST /v1/chat/completions)',
  allow(body) {
    const asked = objectOf(body)
    const offered = listOf(asked['tools'])
    const tools = offered.length === 0 ? {} : { tools: offered.filter(isFunction) }
    const parsed = request.parse({ ...asked, ...tools })
    const { model, max_tokens, max_completion_tokens, stream, ...allowed } = parsed
    const others = offered.filter((each) => !isFunction(each))
    return {
      body: allowed as JsonObject,
      asked_model: model,
      stream: stream === true,
      max_output_tokens: max_completion_tokens ?? max_tokens ?? undefined,
      dropped: others.map((each) => `tools.${String(objectOf(each)['type'])}`),
    }
  },
  seal: ({ body }, { model, max_output_tokens, stream, steering }) => ({
    ...body,
    model: model.model,
    // Servers other than OpenAI's know the older name only.
    ...(model.url === null ? { max_completion_tokens: max_output_tokens } : { max_tokens: max_output_tokens }),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...(steering === undefined
      ? {}
      : { messages: [...(listOf(body['messages']) as readonly Json[]), { role: 'user', content: steering }] }),
  }),
  pathOf: () => '/chat/completions',
  error: openaiError,
  usageOf(said, so_far) {
    const usage = objectOf(objectOf(said)['usage'])
    return {
      input_tokens: countOf(usage['prompt_tokens']) ?? so_far.input_tokens,
      output_tokens: countOf(usage['completion_tokens']) ?? so_far.output_tokens,
      cached_input_tokens:
        countOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']) ?? so_far.cached_input_tokens,
    }
  },
  modelOf(said) {
    const name = objectOf(said)['model']
    return typeof name === 'string' ? name : undefined
  },
  deltasOf: (event) =>
    listOf(objectOf(event)['choices']).flatMap((choice, index): readonly DeltaPlace[] => {
      const delta = objectOf(objectOf(choice)['delta'])
      const calls = listOf(delta['tool_calls']).flatMap((call, n) =>
        placesIn(objectOf(objectOf(call)['function']), `${index}:${countOf(objectOf(call)['index']) ?? n}`, [
          'arguments',
        ]),
      )
      return [...placesIn(delta, String(index), ['content', 'reasoning_content', 'reasoning', 'refusal']), ...calls]
    }),
}

/** The error object of OpenAI's formats. */
export function openaiError(status: number, rule: string, message: string): JsonObject {
  const type = status === 401 ? 'authentication_error' : status >= 500 ? 'server_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code: rule } }
}
