import { UNITS } from './units.js'

/** Writes a length in whole seconds with the largest units first: 5400 is `1h30m`. */
export function formatDuration(seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < 0) throw new RangeError(`not whole seconds: ${seconds}`)
  if (seconds === 0) return '0s'
  let rest = seconds
  let text = ''
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * size
  }
  return text
}
