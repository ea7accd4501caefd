import type { RunState } from '#domain/run'

/** Where a run stands, folded from its events. */
export interface Progress {
  readonly state: RunState
  readonly since: number
  /** Spent since this state was entered, and in all. */
  readonly cost_usd: number
  readonly total_usd: number
  /** What happens now. */
  readonly now: string
  /** Notes that the line of this state will carry, by subject; a later one replaces an earlier one. */
  readonly notes: { readonly [subject: string]: string }
  readonly files: readonly string[]
}
