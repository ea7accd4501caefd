import type { Json, JsonObject } from '#domain/json'
import type { Message } from '#domain/conversation'
import { list, object, text, textOf, type FullReply, type WireFormat } from './wire-format.ts'

const STOP = { calls: 'tool_use', end: 'end_turn', length: 'max_tokens', refused: 'refusal' } as const

/** Anthropic messages: POST /v1/messages. */
export const anthropic: WireFormat = {
  keyOf: (headers) => (headers['x-api-key'] === undefined ? undefined : String(headers['x-api-key'])),
  ask: (body) => ({
    model: text(body['model']),
    system: textOf(body['system']),
    messages: list(body['messages']).flatMap(readMessage),
    tools: list(body['tools']).map((tool) => text(object(tool)['name'])),
    stream: body['stream'] === true,
  }),
  reply: (reply, asked) => ({
    id: reply.id,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: blocks(reply),
    stop_reason: STOP[reply.stop],
    stop_sequence: null,
    usage: usage(reply),
  }),
  stream: (reply, asked) => [
    [
      'message_start',
      {
        type: 'message_start',
        message: {
          id: reply.id,
          type: 'message',
          role: 'assistant',
          model: asked.model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...usage(reply), output_tokens: 1 },
        },
      },
    ],
    ...blocks(reply).flatMap(streamBlock),
    [
      'message_delta',
      {
        type: 'message_delta',
        delta: { stop_reason: STOP[reply.stop], stop_sequence: null },
        usage: { output_tokens: reply.usage?.output_tokens ?? 0 },
      },
    ],
    ['message_stop', { type: 'message_stop' }],
  ],
  error: (status, message) => ({
    type: 'error',
    error: { type: status === 401 ? 'authentication_error' : 'api_error', message },
  }),
}

function readMessage(value: Json): readonly Message[] {
  const message = object(value)
  const content =
    typeof message['content'] === 'string' ? [{ type: 'text', text: message['content'] }] : list(message['content'])
  const parts = content.map(object)
  if (message['role'] === 'assistant')
    return [
      {
        role: 'assistant',
        text: textOf(parts.filter((part) => part['type'] === 'text')),
        tool_requests: parts
          .filter((part) => part['type'] === 'tool_use')
          .map((part) => ({ id: text(part['id']), name: text(part['name']), arguments: part['input'] ?? null })),
      },
    ]
  const answers = parts.filter((part) => part['type'] === 'tool_result')
  const said = parts.filter((part) => part['type'] === 'text')
  return [
    ...(answers.length === 0
      ? []
      : [
          {
            role: 'tool' as const,
            answers: answers.map((part) => ({
              call_id: text(part['tool_use_id']),
              name: '',
              text: textOf(part['content']),
              is_error: part['is_error'] === true,
            })),
          },
        ]),
    ...(said.length === 0 ? [] : [{ role: 'user' as const, text: textOf(said) }]),
  ]
}

const usage = (reply: FullReply): JsonObject =>
  reply.usage === null
    ? { input_tokens: 0, output_tokens: 0 }
    : {
        input_tokens: reply.usage.input_tokens - (reply.usage.cached_input_tokens ?? 0),
        cache_read_input_tokens: reply.usage.cached_input_tokens ?? 0,
        cache_creation_input_tokens: 0,
        output_tokens: reply.usage.output_tokens,
      }

type Block = { readonly type: 'text'; readonly text: string } | { readonly [key: string]: Json }

const blocks = (reply: FullReply): readonly Block[] => [
  ...(reply.reasoning === ''
    ? []
    : [{ type: 'thinking', thinking: reply.reasoning, signature: `signed-${reply.reasoning}` }]),
  ...(reply.text === '' ? [] : [{ type: 'text', text: reply.text }]),
  ...reply.calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments })),
]

function streamBlock(block: Block, index: number): readonly (readonly [string, Json])[] {
  const is_text = block.type === 'text'
  return [
    [
      'content_block_start',
      { type: 'content_block_start', index, content_block: { ...block, ...(is_text ? { text: '' } : { input: {} }) } },
    ],
    [
      'content_block_delta',
      {
        type: 'content_block_delta',
        index,
        delta: is_text
          ? { type: 'text_delta', text: text(block.text) }
          : { type: 'input_json_delta', partial_json: JSON.stringify(object(block)['input'] ?? {}) },
      },
    ],
    ['content_block_stop', { type: 'content_block_stop', index }],
  ]
}
