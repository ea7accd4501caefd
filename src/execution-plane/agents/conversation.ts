import { createHash } from 'node:crypto'
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
  /**
   * Replaces the oldest tool outputs and long arguments by one-line stubs until half is left; empty when nothing could be given up. What
   * the platform and the model said, plans, ends of phases and the last verification stay as they are.
   */
  compact(): readonly LeftOut[]
}

/** A tool output, or the long arguments of a message's calls, that a stub replaced. */
type LeftOut = {
  /** The call's id, or `m` with the message's number. */
  readonly id: string
  /** Empty for arguments. */
  readonly tool: string
  readonly characters: number
  /** First 16 hex digits of the SHA-256 of what was there; the stub names it too. */
  readonly hash: string
}

const KEPT_WHOLE = 240
/** Recent tool messages that are left alone, and again when that was not enough. */
const KEEP_RECENT = [4, 1]
/** The tool whose last answer is the evidence an agent works by. */
const EVIDENCE = 'verify'
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
      const before = [...messages]
      KEEP_RECENT.some((keep) => shorten(messages, keep, () => bytes() <= target))
      return messages.flatMap((message, index) => {
        const was = before[index]
        return was === undefined || was === message ? [] : leftOut(was, message, index)
      })
    },
  }
}

const answersOf = (messages: readonly Message[]): readonly ToolAnswer[] =>
  messages.flatMap((message) => (message.role === 'tool' ? message.answers : []))

/** What of a message was replaced: answers one by one, arguments of calls together. */
function leftOut(was: Message, now: Message, index: number): readonly LeftOut[] {
  if (was.role === 'tool' && now.role === 'tool')
    return was.answers
      .filter((answer) => !now.answers.includes(answer))
      .map(({ call_id, name, text }) => leftOutText(call_id, name, text))
  return was.role === 'assistant' ? [leftOutText(`m${index}`, '', JSON.stringify(was.tool_requests))] : []
}

const leftOutText = (id: string, tool: string, text: string): LeftOut => ({
  id,
  tool,
  characters: text.length,
  hash: hashOf(text),
})

/** First 16 hex digits of the SHA-256 of a text. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Providers take objects only; what a model wrote instead stays readable. */
const asObject = (request: ToolRequest): ToolRequest =>
  typeof request.arguments === 'object' && request.arguments !== null && !Array.isArray(request.arguments)
    ? request
    : { ...request, arguments: { malformed: shown(request.arguments, 2_000) } }

function shorten(messages: Message[], keep: number, enough: () => boolean): boolean {
  const tools = messages.flatMap((message, index) => (message.role === 'tool' ? [index] : []))
  const end = tools.at(-keep) ?? 0
  const evidence = answersOf(messages).findLast(({ name }) => name === EVIDENCE)
  let changed = false
  for (let index = 0; index < end && !enough(); index++) {
    const message = messages[index]
    const shorter = message === undefined ? undefined : shorterForm(message, messages[index - 1], evidence)
    if (shorter === undefined) continue
    messages[index] = shorter
    changed = true
  }
  return changed
}

function shorterForm(message: Message, before: Message | undefined, kept: ToolAnswer | undefined): Message | undefined {
  if (message.role === 'tool') {
    const requests = before?.role === 'assistant' ? before.tool_requests : []
    const answers = message.answers.map((answer) => (answer === kept ? answer : stub(answer, requests)))
    const changed = answers.some((answer, index) => answer !== message.answers[index])
    return changed ? { role: 'tool', answers } : undefined
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
  const text = `[left out to save space: ${answer.text.length} characters of ${answer.name}${what}, sha256 ${hashOf(answer.text)}; call it again to see them]`
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
