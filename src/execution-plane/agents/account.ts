import type { RequestAccount, SeenMessage } from '#domain/context'
import type { Message } from '#domain/conversation'
import type { TokenCounter } from '#execution-plane/context'
import type { ModelRequest } from '#ports'
import { hashOf } from './conversation.ts'

/** Keeps account of what each request of one conversation carries. */
export interface Accountant {
  /** What a request carries, and which messages the request before did not carry so. */
  account(request: ModelRequest): RequestAccount
  /** Estimated tokens of the messages, corrected by what the model counted of the last request. */
  tokensOf(messages: readonly Message[]): number
  /** Takes up what the model counted of the last request; null where it did not say. */
  learn(input_tokens: number | null): void
}

/** Beyond these a reported figure is about something else than the request's text. */
const LEAST_CORRECTION = 0.5
const MOST_CORRECTION = 2

/** Starts an account. It depends on the messages and on recorded figures alone, so a resumed run gives the same. */
export function keepAccount(counter: TokenCounter): Accountant {
  const known = new WeakMap<Message, readonly SeenMessage[]>()
  const told = new Map<string, string>()
  let fixed = { system: '', tools: '', system_tokens: 0, tool_tokens: 0 }
  let last = 0
  let correction = 1
  const seenIn = (message: Message, index: number): readonly SeenMessage[] => {
    const seen = known.get(message) ?? look(message, index, counter)
    known.set(message, seen)
    return seen
  }
  const sumOf = (messages: readonly Message[]): number =>
    messages.reduce((sum, message, index) => sum + total(seenIn(message, index)), 0)
  return {
    account({ system, tools, messages }) {
      const declared = JSON.stringify(tools)
      if (system !== fixed.system || declared !== fixed.tools)
        fixed = { system, tools: declared, system_tokens: counter.count(system), tool_tokens: counter.count(declared) }
      const seen = messages.flatMap(seenIn)
      const changed = seen.filter(({ id, hash }) => told.get(id) !== hash)
      for (const { id, hash } of changed) told.set(id, hash)
      const { system_tokens, tool_tokens } = fixed
      last = system_tokens + tool_tokens + total(seen)
      return { system_tokens, tool_tokens, total_tokens: last, messages: messages.length, changed }
    },
    tokensOf: (messages) => Math.ceil((fixed.system_tokens + fixed.tool_tokens + sumOf(messages)) * correction),
    learn(input_tokens) {
      if (input_tokens === null || input_tokens === 0 || last === 0) return
      correction = Math.min(MOST_CORRECTION, Math.max(LEAST_CORRECTION, input_tokens / last))
    },
  }
}

function look(message: Message, index: number, counter: TokenCounter): readonly SeenMessage[] {
  const seen = (id: string, kind: SeenMessage['kind'], text: string, tool = ''): SeenMessage => ({
    id,
    kind,
    tool,
    tokens: counter.count(text),
    hash: hashOf(text),
  })
  switch (message.role) {
    case 'user':
      return [seen(`m${index}`, 'platform', message.text)]
    case 'assistant': {
      const calls = message.tool_requests.map(({ name, arguments: given }) => `${name} ${JSON.stringify(given)}`)
      return [seen(`m${index}`, 'model', [message.text, ...calls].join('\n'))]
    }
    case 'tool':
      return message.answers.map(({ call_id, name, text }) => seen(call_id, 'tool_result', text, name))
    default:
      return message satisfies never
  }
}

const total = (seen: readonly SeenMessage[]): number => seen.reduce((sum, { tokens }) => sum + tokens, 0)
