import type { Json, JsonObject } from '#domain/json'
import type { Message, ToolRequest } from '#domain/conversation'
import type { ScriptedReply, ScriptedTurn, ScriptedUsage } from './script.ts'

export type Asked = Pick<ScriptedTurn, 'model' | 'system' | 'messages' | 'tools'> & { readonly stream: boolean }

/** A reply with everything filled in. */
export interface FullReply {
  readonly id: string
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: Json }[]
  readonly usage: ScriptedUsage | null
  readonly stop: 'calls' | 'end' | 'length' | 'refused'
}

/** One wire format: reads a request, writes an answer. */
export interface WireFormat {
  /** Header that carries the key, and the key in it. */
  keyOf(headers: NodeJS.Dict<string | string[]>): string | undefined
  ask(body: JsonObject, path: string): Asked
  reply(reply: FullReply, asked: Asked): Json
  /** Server-sent events as [event, data]; absent where streaming is not scripted. */
  stream?(reply: FullReply, asked: Asked): readonly (readonly [string | null, Json])[]
  error(status: number, message: string): Json
}

export const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
export const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
export const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
export const bearer = (headers: NodeJS.Dict<string | string[]>): string | undefined =>
  String(headers['authorization'] ?? '').match(/^Bearer (.+)$/)?.[1]

/** Text of a content that is a string or a list of parts. */
export const textOf = (content: Json | undefined): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((part) => text(object(part)['text']))
        .join('')

export const request = (id: string, name: string, source: string): ToolRequest => {
  try {
    return { id, name, arguments: JSON.parse(source) as Json }
  } catch {
    return { id, name, arguments: source }
  }
}

export const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

export function fill(reply: ScriptedReply, n: number, request_bytes: number): FullReply {
  const calls = (reply.tool_calls ?? []).map((call, index) => ({ id: `call_${n}_${index}`, ...call }))
  const bytes = JSON.stringify([reply.text ?? '', calls]).length
  return {
    id: `scripted_${n}`,
    text: reply.text ?? '',
    reasoning: reply.reasoning ?? '',
    calls,
    usage:
      reply.usage === undefined
        ? { input_tokens: Math.ceil(request_bytes / 4), output_tokens: Math.ceil(bytes / 4) }
        : reply.usage,
    stop: reply.stop ?? (calls.length > 0 ? 'calls' : 'end'),
  }
}

/** The messages as every format has them: one message a turn, and each tool's answer with the tool's name. */
export function joined(messages: readonly Message[]): readonly Message[] {
  const turns: Message[] = []
  const names = new Map<string, string>()
  for (const message of messages) {
    const previous = turns.at(-1)
    if (message.role === 'assistant') for (const call of message.tool_requests) names.set(call.id, call.name)
    if (previous?.role === 'assistant' && message.role === 'assistant')
      turns[turns.length - 1] = {
        role: 'assistant',
        text: previous.text + message.text,
        tool_requests: [...previous.tool_requests, ...message.tool_requests],
      }
    else if (message.role === 'tool') {
      const answers = message.answers.map((answer) => ({ ...answer, name: names.get(answer.call_id) ?? answer.name }))
      if (previous?.role === 'tool')
        turns[turns.length - 1] = { role: 'tool', answers: [...previous.answers, ...answers] }
      else turns.push({ role: 'tool', answers })
    } else turns.push(message)
  }
  return turns
}
