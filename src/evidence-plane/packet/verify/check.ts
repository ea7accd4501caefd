import type { PacketCheck } from '#ports'

type Name = PacketCheck['check']

/** A check that holds. */
export const pass = (check: Name, detail: string): PacketCheck => ({ check, answer: 'pass', detail })

/** A check that does not, with what to do about it. */
export const fail = (check: Name, detail: string, next: string): PacketCheck => ({
  check,
  answer: 'fail',
  detail,
  next,
})

/** A check that could not be made, and why. */
export const notChecked = (check: Name, detail: string): PacketCheck => ({ check, answer: 'not_checked', detail })

/** So much of a hash as people compare by eye. */
export const short = (hash: string): string => hash.slice(0, 12)
