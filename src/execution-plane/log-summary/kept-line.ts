/** A line of a log that was kept for judging: where it stood, what it says without terminal codes, what it looks like. */
export interface KeptLine {
  /** Counted from one. */
  readonly number: number
  readonly text: string
  /** Bits of `SIGN`. */
  readonly signs: number
}
