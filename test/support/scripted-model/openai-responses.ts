import type { Json, JsonObject } from '#domain/json'
import type { Message } from '#domain/conversation'
import {
  asText,
  bearer,
  list,
  object,
  request,
  text,
  textOf,
  type Asked,
  type FullReply,
  type WireFormat,
} from './wire-format.ts'

/** OpenAI responses: POST /v1/responses. */
export const openaiResponses: WireFormat = {
  keyOf: bearer,
  ask(body) {
    const input = list(body['input']).map(object)
    return {
      model: text(body['model']),
      system: [
        text(body['instructions']),
        ...input
          .filter((item) => item['role'] === 'system' || item['role'] === 'developer')
          .map((item) => textOf(item['content'])),
      ].join(''),
      messages: input.flatMap(readItem),
      tools: list(body['tools']).flatMap(namesOf),
      stream: body['stream'] === true,
    }
  },
  reply: answer,
  stream: (reply, asked) => {
    const whole = answer(reply, asked)
    const items = list(whole['output'])
    const started = { ...whole, status: 'in_progress', output: [], usage: null }
    return numbered([
      { type: 'response.created', response: started },
      ...items.flatMap(streamItem),
      {
        type: reply.stop === 'length' || reply.stop === 'refused' ? 'response.incomplete' : 'response.completed',
        response: whole,
      },
    ])
  },
  error: (_, message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
}

/** What stands between a namespace and a tool in it where a script names one. */
const WITHIN = '::'

/** Tools of a namespace are named with it, as `namespace::tool`. */
function namesOf(value: Json): readonly string[] {
  const tool = object(value)
  const name = text(tool['name'])
  if (tool['type'] !== 'namespace') return [name]
  return list(tool['tools']).map((inner) => `${name}${WITHIN}${text(object(inner)['name'])}`)
}

function named(whole: string): JsonObject {
  const at = whole.indexOf(WITHIN)
  return at === -1 ? { name: whole } : { namespace: whole.slice(0, at), name: whole.slice(at + WITHIN.length) }
}

function answer(reply: FullReply, asked: Pick<Asked, 'model'>): JsonObject {
  return {
    id: reply.id,
    object: 'response',
    created_at: 1_700_000_000,
    model: asked.model,
    status: reply.stop === 'length' ? 'incomplete' : 'completed',
    error: null,
    incomplete_details:
      reply.stop === 'length'
        ? { reason: 'max_output_tokens' }
        : reply.stop === 'refused'
          ? { reason: 'content_filter' }
          : null,
    output: [
      ...(reply.reasoning === ''
        ? []
        : [
            {
              type: 'reasoning',
              id: `rs_${reply.id}`,
              summary: [],
              encrypted_content: `encrypted-${reply.reasoning}`,
            },
          ]),
      ...(reply.text === ''
        ? []
        : [
            {
              type: 'message',
              id: `msg_${reply.id}`,
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: reply.text, annotations: [] }],
            },
          ]),
      ...reply.calls.map((call) => ({
        type: 'function_call',
        id: `fc_${call.id}`,
        call_id: call.id,
        ...named(call.name),
        arguments: asText(call.arguments),
        status: 'completed',
      })),
    ],
    ...(reply.usage === null
      ? {}
      : {
          usage: {
            input_tokens: reply.usage.input_tokens,
            input_tokens_details: { cached_tokens: reply.usage.cached_input_tokens ?? 0 },
            output_tokens: reply.usage.output_tokens,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: reply.usage.input_tokens + reply.usage.output_tokens,
          },
        }),
  }
}

function streamItem(value: Json, output_index: number): readonly JsonObject[] {
  const item = object(value)
  const item_id = text(item['id'])
  const added = { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress' } }
  const done = { type: 'response.output_item.done', output_index, item }
  if (item['type'] === 'function_call') {
    const at = { item_id, output_index }
    const words = text(item['arguments'])
    return [
      { ...added, item: { ...object(added.item), arguments: '' } },
      { type: 'response.function_call_arguments.delta', ...at, delta: words },
      { type: 'response.function_call_arguments.done', ...at, arguments: words },
      done,
    ]
  }
  if (item['type'] !== 'message') return [added, done]
  const at = { item_id, output_index, content_index: 0 }
  const said = textOf(item['content'])
  const part = { type: 'output_text', text: said, annotations: [] }
  return [
    { ...added, item: { ...object(added.item), content: [] } },
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', ...at, delta: said },
    { type: 'response.output_text.done', ...at, text: said },
    { type: 'response.content_part.done', ...at, part },
    done,
  ]
}

const numbered = (events: readonly JsonObject[]): readonly (readonly [string, Json])[] =>
  events.map((event, sequence_number) => [text(event['type']), { ...event, sequence_number }] as const)

function readItem(item: { readonly [key: string]: Json }): readonly Message[] {
  if (item['type'] === 'function_call')
    return [
      {
        role: 'assistant',
        text: '',
        tool_requests: [request(text(item['call_id']), text(item['name']), text(item['arguments']))],
      },
    ]
  if (item['type'] === 'function_call_output')
    return [
      {
        role: 'tool',
        answers: [{ call_id: text(item['call_id']), name: '', text: textOf(item['output']), is_error: false }],
      },
    ]
  if (item['role'] === 'user') return [{ role: 'user', text: textOf(item['content']) }]
  if (item['role'] === 'assistant') return [{ role: 'assistant', text: textOf(item['content']), tool_requests: [] }]
  return []
}
