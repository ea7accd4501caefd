import type { Json } from '#domain/json'
import type { Message } from '#domain/conversation'
import { asText, bearer, list, object, request, text, textOf, type FullReply, type WireFormat } from './wire-format.ts'

const STOP = { calls: 'tool_calls', end: 'stop', length: 'length', refused: 'content_filter' } as const

/** OpenAI chat completions: POST /v1/chat/completions. */
export const openaiChat: WireFormat = {
  keyOf: bearer,
  ask(body) {
    const messages = list(body['messages']).map(object)
    return {
      model: text(body['model']),
      system: messages
        .filter((message) => message['role'] === 'system' || message['role'] === 'developer')
        .map((message) => textOf(message['content']))
        .join('\n'),
      messages: messages.flatMap(readMessage),
      tools: list(body['tools']).map((tool) => text(object(object(tool)['function'])['name'])),
      stream: body['stream'] === true,
    }
  },
  reply: (reply, asked) => ({
    id: reply.id,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: asked.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: reply.text === '' ? null : reply.text, ...calls(reply) },
        finish_reason: STOP[reply.stop],
      },
    ],
    ...(reply.usage === null ? {} : { usage: usage(reply.usage) }),
  }),
  stream: (reply, asked) => {
    const chunk = (delta: Json, finish_reason: string | null): Json => ({
      id: reply.id,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: asked.model,
      choices: [{ index: 0, delta, finish_reason }],
    })
    return [
      [null, chunk({ role: 'assistant', content: reply.text }, null)],
      ...reply.calls.map(
        (_, index) => [null, chunk({ tool_calls: [{ index, ...toolCall(reply, index) }] }, null)] as const,
      ),
      [null, { ...object(chunk({}, STOP[reply.stop])), usage: reply.usage === null ? null : usage(reply.usage) }],
      [null, '[DONE]'],
    ]
  },
  error: (_, message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
}

function readMessage(message: { readonly [key: string]: Json }): readonly Message[] {
  switch (text(message['role'])) {
    case 'user':
      return [{ role: 'user', text: textOf(message['content']) }]
    case 'assistant':
      return [
        {
          role: 'assistant',
          text: textOf(message['content']),
          tool_requests: list(message['tool_calls'])
            .map(object)
            .map((call) =>
              request(
                text(call['id']),
                text(object(call['function'])['name']),
                text(object(call['function'])['arguments']),
              ),
            ),
        },
      ]
    case 'tool':
      return [
        {
          role: 'tool',
          answers: [
            { call_id: text(message['tool_call_id']), name: '', text: textOf(message['content']), is_error: false },
          ],
        },
      ]
    default:
      return []
  }
}

const usage = (tokens: NonNullable<FullReply['usage']>): Json => ({
  prompt_tokens: tokens.input_tokens,
  completion_tokens: tokens.output_tokens,
  total_tokens: tokens.input_tokens + tokens.output_tokens,
  prompt_tokens_details: { cached_tokens: tokens.cached_input_tokens ?? 0 },
})

const calls = (reply: FullReply): { readonly [key: string]: Json } =>
  reply.calls.length === 0 ? {} : { tool_calls: reply.calls.map((_, index) => toolCall(reply, index)) }

function toolCall(reply: FullReply, index: number): { readonly [key: string]: Json } {
  const call = reply.calls[index]
  if (call === undefined) return {}
  return { id: call.id, type: 'function', function: { name: call.name, arguments: asText(call.arguments) } }
}
