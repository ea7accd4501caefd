import type { Json } from '#domain/json'
import type { Message, ToolAnswer, ToolRequest } from '#domain/conversation'

/** The ledger of one run's conversation with a model. */
export interface Conversation {
  readonly messages: readonly Message[]
  /** Bytes of the messages as JSON: what the next request carries besides system and tools. */
  bytes(): number
  /** Adds platform text; joined to a user message that is already last. */
  tell(text: string): void
  answer(text: string, requests: readonly ToolRequest[]): void
  results(answers: readonly ToolAnswer[]): void
  /** Replaces the oldest tool outputs by one-line stubs until half is left; false when nothing could be given up. */
  compact(): boolean
}

const KEPT_WHOLE = 240
/** Recent tool messages that are left alone, and again when that was not enough. */
const KEEP_RECENT = [4, 1]
/** Tools whose arguments are decisions and are never cut. */
const DECISIONS = new Set(['submit_plan', 'finish', 'report_blocked'])

/** Starts an empty ledger. What is said once is never changed except by `compact`, so that prefix caches hold. */
export function startConversation(): Conversation {
  const messages: Message[] = []
  const bytes = () => Buffer.byteLength(JSON.stringify(messages))
  return {
    messages,
    bytes,
    tell(text) {
      const last = messages.at(-1)
      if (last?.role === 'user') messages[messages.length - 1] = { role: 'user', text: `${last.text}\n\n${text}` }
      else messages.push({ role: 'user', text })
    },
    answer(text, requests) {
      const said = text === '' && requests.length === 0 ? '(no answer)' : text
      messages.push({ role: 'assistant', text: said, tool_requests: requests.map(asObject) })
    },
    results(answers) {
      messages.push({ role: 'tool', answers })
    },
    compact() {
      const target = bytes() / 2
      return KEEP_RECENT.some((keep) => shorten(messages, keep, () => bytes() <= target))
    },
  }
}

/** Providers take objects only; what a model wrote instead stays readable. */
const asObject = (request: ToolRequest): ToolRequest =>
  typeof request.arguments === 'object' && request.arguments !== null && !Array.isArray(request.arguments)
    ? request
    : { ...request, arguments: { malformed: shown(request.arguments, 2_000) } }

function shorten(messages: Message[], keep: number, enough: () => boolean): boolean {
  const tools = messages.flatMap((message, index) => (message.role === 'tool' ? [index] : []))
  const end = tools.at(-keep) ?? 0
  let changed = false
  for (let index = 0; index < end && !enough(); index++) {
    const message = messages[index]
    const shorter = message === undefined ? undefined : shorterForm(message, messages[index - 1])
    if (shorter === undefined) continue
    messages[index] = shorter
    changed = true
  }
  return changed
}

function shorterForm(message: Message, before: Message | undefined): Message | undefined {
  if (message.role === 'tool') {
    if (message.answers.every((answer) => answer.text.length <= KEPT_WHOLE)) return undefined
    const requests = before?.role === 'assistant' ? before.tool_requests : []
    return { role: 'tool', answers: message.answers.map((answer) => stub(answer, requests)) }
  }
  if (message.role === 'assistant') {
    const requests = message.tool_requests.map(withoutLongArguments)
    const changed = requests.some((request, index) => request !== message.tool_requests[index])
    return changed ? { ...message, tool_requests: requests } : undefined
  }
  return undefined
}

function stub(answer: ToolAnswer, requests: readonly ToolRequest[]): ToolAnswer {
  if (answer.text.length <= KEPT_WHOLE) return answer
  const asked = requests.find((request) => request.id === answer.call_id)
  const what = asked === undefined ? '' : ` ${shown(asked.arguments, 80)}`
  const text = `[left out to save space: ${answer.text.length} characters of ${answer.name}${what}; call it again if needed]`
  return { ...answer, text }
}

function withoutLongArguments(request: ToolRequest): ToolRequest {
  const { arguments: given } = request
  if (DECISIONS.has(request.name) || typeof given !== 'object' || given === null || Array.isArray(given)) return request
  const entries = Object.entries(given)
  if (entries.every(([, value]) => !isLong(value))) return request
  const short = entries.map(([key, value]) => [key, isLong(value) ? `[${value.length} characters left out]` : value])
  return { ...request, arguments: Object.fromEntries(short) }
}

const isLong = (value: Json): value is string => typeof value === 'string' && value.length > KEPT_WHOLE

const shown = (value: Json, limit: number): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}
