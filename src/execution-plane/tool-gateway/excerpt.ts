/** The most characters of one answer that a model gets. */
export const MAX_ANSWER = 20_000

/** Shortens text to `limit` characters with a mark that tells how much is missing; `head` is the share kept in front. */
export function excerpt(text: string, limit: number, head = 0.35): string {
  if (text.length <= limit) return text
  const room = Math.max(0, limit - 60)
  const front = text.slice(0, Math.floor(room * head))
  const back = text.slice(text.length - Math.ceil(room * (1 - head)))
  const mark = `\n[… ${text.length - front.length - back.length} characters left out …]\n`
  return `${front}${mark}${back}`.toWellFormed()
}

// Controls other than tab and line ends can't be stored as JSON text everywhere and steer terminals.
const CONTROL = /(?![\t\n\r])\p{Cc}/gu

/** Text that survives every store and terminal: well-formed and without control characters. */
export const plainText = (text: string): string => text.toWellFormed().replaceAll(CONTROL, '\ufffd')

/** `1 file`, `2 files`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
