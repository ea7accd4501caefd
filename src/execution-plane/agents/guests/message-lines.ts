import type { JsonObject } from '#domain/json'
import { list, object, text, textOf, type GuestEvent } from './guest-cli.ts'

/** Reads the `stream-json` lines that claude-code and qwen-code share: messages as the model's interface has them. */
export function readMessageLine(line: JsonObject): readonly GuestEvent[] {
  const type = line['type']
  if (type === 'assistant' || type === 'user')
    return list(object(line['message'])['content']).flatMap((part) => readPart(object(part), type))
  if (type === 'result') return [{ kind: 'concluded', text: text(line['result']), is_error: line['is_error'] === true }]
  return []
}

function readPart(part: JsonObject, author: 'assistant' | 'user'): readonly GuestEvent[] {
  switch (text(part['type'])) {
    case 'tool_use':
      return [{ kind: 'tool_called', id: text(part['id']), tool: text(part['name']), args: part['input'] ?? null }]
    case 'tool_result':
      return [
        {
          kind: 'tool_answered',
          id: text(part['tool_use_id']),
          text: textOf(part['content']),
          is_error: part['is_error'] === true,
        },
      ]
    case 'text':
      return author === 'assistant' ? [{ kind: 'said', text: text(part['text']) }] : []
    default:
      return []
  }
}
