import { secondsIn, type Unit } from './units.js'

const PART = /(\d+)([dhms])/

/** Reads a duration such as `90s` or `1h30m` and gives its length in seconds. */
export function parseDuration(text: string): number {
  const match = PART.exec(text.trim())
  if (match === null) throw new SyntaxError(`not a duration: ${JSON.stringify(text)}`)
  const [, amount, unit] = match
  return Number(amount) * secondsIn(unit as Unit)
}
