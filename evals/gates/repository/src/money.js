/** Reads an amount such as `12.50` or `7` and gives cents. */
export function parseAmount(text) {
  const match = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim())
  if (match === null) throw new TypeError(`${JSON.stringify(text)} is no amount`)
  return Number(match[1]) * 100 + Number((match[2] ?? '0').padEnd(2, '0'))
}

/** Writes cents as an amount with two digits. */
export function formatAmount(cents) {
  const sign = cents < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(cents) / 100)
  return `${sign}${whole}.${String(Math.abs(cents) % 100).padStart(2, '0')}`
}
