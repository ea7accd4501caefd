/** One small change of meaning in one file: the text between two offsets is replaced. Nothing is written yet. */
export interface Mutant {
  readonly path: string
  readonly line: number
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
}

/** What an operator proposes for a node. */
export interface Replacement {
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly after: string
}
