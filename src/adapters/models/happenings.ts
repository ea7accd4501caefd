import type { Json } from '#domain/json'
import type { Message } from '#domain/conversation'

/** What one tool call did, as far as a recording compares it. */
export interface Happening {
  readonly tool: string
  readonly outcome: 'ok' | 'error'
  readonly arguments: Json
}

/** How many answers a conversation already holds: the position in it, the same before and after a resume. */
export const turnOf = (messages: readonly Message[]): number =>
  messages.filter((message) => message.role === 'assistant').length

/** The tool calls answered since the model's previous answer, in order. */
export function happenedSince(messages: readonly Message[]): readonly Happening[] {
  const last = messages.findLastIndex((message) => message.role === 'assistant')
  const asked = messages[last]
  if (asked?.role !== 'assistant') return []
  const requests = new Map(asked.tool_requests.map((request) => [request.id, request]))
  return messages.slice(last + 1).flatMap((message) =>
    message.role === 'tool'
      ? message.answers.map((answer) => ({
          tool: answer.name,
          outcome: answer.is_error ? ('error' as const) : ('ok' as const),
          arguments: requests.get(answer.call_id)?.arguments ?? null,
        }))
      : [],
  )
}
