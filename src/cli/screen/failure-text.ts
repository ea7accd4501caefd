import { GANDER_ERRORS, isGanderError } from '#domain/failure'
import { EXIT_CODES } from '../exit-code.ts'
import { asTyped } from './as-typed.ts'
import type { Paint } from './paint.ts'
import { plainText, plainLine } from './plain-text.ts'

/** What a person is told when a command ends badly. */
export interface FailureText {
  readonly code: string
  readonly exit: number
  readonly what: string
  readonly why: string
  readonly next: string
}

/** Takes an error apart into what happened, why, and what to do next. */
export function describeFailure(error: unknown): FailureText {
  if (!isGanderError(error)) {
    const why = plainLine(error instanceof Error ? error.message : String(error))
    return { code: 'internal', exit: EXIT_CODES.failed.code, what: 'Something in Gander broke.', why, next: INTERNAL }
  }
  const [what, rest] = divide(plainText(error.message))
  const cause = error.cause instanceof Error ? plainLine(error.cause.message) : ''
  const why = rest !== '' ? rest : cause !== '' && !what.includes(cause) ? cause : MEANING
  return {
    code: error.code,
    exit: GANDER_ERRORS[error.code].exit,
    what,
    why: why === MEANING ? `docs/reference/errors.md tells what ${error.code} means.` : why,
    next: plainLine(error.remedy),
  }
}

const MEANING = ''
const INTERNAL = 'Set GANDER_DEBUG=1 to see where, and report it.'

/** Divides a message after its first sentence or before its first explanation. */
function divide(message: string): readonly [string, string] {
  const text = plainLine(message)
  const colon = text.search(/[^\s:]: \S/)
  const sentence = text.search(/[^.\s]{2}[.!?] [A-Z`"'/]/)
  if (sentence !== -1 && (colon === -1 || sentence < colon))
    return [text.slice(0, sentence + 3), text.slice(sentence + 4)]
  if (colon !== -1) return [`${text.slice(0, colon + 1)}.`, capital(text.slice(colon + 3))]
  return [text, '']
}

/** Begins a sentence with a capital, unless its first word is a name that somebody typed or will type. */
const capital = (text: string) =>
  /^[a-z]+('s)?([ ,;]|\.?$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text

/** The three lines of an error, with advice for somebody who calls this program as `command`. */
export function failureLines(failure: FailureText, paint: Paint, command: string): readonly string[] {
  return [
    `${paint.bad('✗')} ${paint.strong(failure.what)}`,
    `  ${paint.dim('why ')} ${failure.why}`,
    `  ${paint.dim('next')} ${asTyped(failure.next, command)}`,
  ]
}
