/** A commit that another descends from, or that commit itself. */
export interface PastCommit {
  readonly message: string
  /** Seconds since 1970. */
  readonly time: number
  /** Paths it changed; none for a merge. */
  readonly paths: readonly string[]
  /** A digest of the address: one person is one author, and no name stands anywhere. Absent where nobody asked. */
  readonly author?: string
  /** True for a commit of a program, as its address tells. */
  readonly bot?: boolean
  /** True for one without a parent at hand: in a shallow clone its paths are not what it changed. */
  readonly parentless?: boolean
}
