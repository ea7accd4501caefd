/** One rule that spoke, and why; `why` is written for the one who asked. */
export interface Match {
  /** The level whose rule it is. */
  readonly policy: string
  readonly rule: string
  readonly effect: 'allow' | 'ask' | 'deny'
  readonly why: string
}

/** A lower level or a later rule can only move an answer towards deny; where nothing allows, the answer is deny. */
export function strictest(matches: readonly Match[]): Match['effect'] {
  if (matches.some(({ effect }) => effect === 'deny')) return 'deny'
  if (matches.some(({ effect }) => effect === 'ask')) return 'ask'
  return matches.length > 0 ? 'allow' : 'deny'
}
