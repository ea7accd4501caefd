import type { Json, JsonObject } from '#domain/json'
import type { Message } from '#domain/conversation'
import { list, object, text, textOf, type WireFormat } from './wire-format.ts'

const STOP = { calls: 'STOP', end: 'STOP', length: 'MAX_TOKENS', refused: 'SAFETY' } as const

/** Google generative language: POST /v1beta/models/MODEL:generateContent. */
export const google: WireFormat = {
  keyOf: (headers) => (headers['x-goog-api-key'] === undefined ? undefined : String(headers['x-goog-api-key'])),
  ask: (body, path) => ({
    model: path.match(/models\/([^:]+):/)?.[1] ?? '',
    system: textOf(object(body['systemInstruction'])['parts']),
    messages: list(body['contents']).map(object).flatMap(readContent),
    tools: list(body['tools'])
      .flatMap((tool) => list(object(tool)['functionDeclarations']))
      .map((tool) => text(object(tool)['name'])),
    stream: path.includes(':streamGenerateContent'),
  }),
  reply: (reply, asked) => ({
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            ...(reply.text === '' ? [] : [{ text: reply.text }]),
            ...reply.calls.map((call) => ({
              functionCall: { id: call.id, name: call.name, args: call.arguments },
              thoughtSignature: `signature-of-${call.id}`,
            })),
          ],
        },
        finishReason: STOP[reply.stop],
        index: 0,
      },
    ],
    modelVersion: asked.model,
    responseId: reply.id,
    ...(reply.usage === null
      ? {}
      : {
          usageMetadata: {
            promptTokenCount: reply.usage.input_tokens,
            cachedContentTokenCount: reply.usage.cached_input_tokens ?? 0,
            candidatesTokenCount: reply.usage.output_tokens,
            totalTokenCount: reply.usage.input_tokens + reply.usage.output_tokens,
          },
        }),
  }),
  stream: (reply, asked) => {
    const said = google.reply(reply, asked) as JsonObject
    const chunk = (parts: readonly Json[], finishReason?: string): Json => ({
      candidates: [
        { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) },
      ],
      modelVersion: asked.model,
      responseId: reply.id,
    })
    const [first, ...rest] = halves(reply.text)
    return [
      [null, chunk([{ text: first }])],
      ...rest.map((text) => [null, chunk([{ text }])] as const),
      ...reply.calls.map(
        ({ id, name, arguments: args }) => [null, chunk([{ functionCall: { id, name, args } }])] as const,
      ),
      [
        null,
        {
          ...object(chunk([{ text: '' }], STOP[reply.stop])),
          ...(said['usageMetadata'] === undefined ? {} : { usageMetadata: said['usageMetadata'] }),
        },
      ],
    ]
  },
  error: (status, message) => ({ error: { code: status, message, status: 'INVALID_ARGUMENT' } }),
}

/** A text in two pieces, as a stream would bring it. */
const halves = (text: string): readonly [string, string] => [
  text.slice(0, Math.ceil(text.length / 2)),
  text.slice(Math.ceil(text.length / 2)),
]

function readContent(content: { readonly [key: string]: Json }): readonly Message[] {
  const parts = list(content['parts']).map(object)
  const answers = parts.filter((part) => 'functionResponse' in part).map((part) => object(part['functionResponse']))
  const said = textOf(parts.filter((part) => 'text' in part))
  if (content['role'] === 'model')
    return [
      {
        role: 'assistant',
        text: said,
        tool_requests: parts
          .filter((part) => 'functionCall' in part)
          .map((part) => object(part['functionCall']))
          .map((call) => ({ id: text(call['id']), name: text(call['name']), arguments: call['args'] ?? null })),
      },
    ]
  return [
    ...(answers.length === 0
      ? []
      : [
          {
            role: 'tool' as const,
            answers: answers.map((answer) => ({
              call_id: text(answer['id']),
              name: text(answer['name']),
              text: JSON.stringify(answer['response'] ?? null),
              is_error: false,
            })),
          },
        ]),
    ...(said === '' ? [] : [{ role: 'user' as const, text: said }]),
  ]
}
