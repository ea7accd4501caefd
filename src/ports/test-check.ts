/** One thing found about the tests of a change. */
export interface TestCheckFinding {
  readonly rule: string
  /** An error blocks; a warning is for whoever reviews. */
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** 1-based; in the base where `side` says so. */
  readonly line: number
  readonly side: 'base' | 'head'
  readonly message: string
  /** The lines around it; those that only one tree has begin with - or +. */
  readonly hunk: string
}

/** What two trees say about whether the tests still test. */
export interface TestCheck {
  readonly verdict: 'pass' | 'fail'
  readonly findings: readonly TestCheckFinding[]
  readonly changed_files: number
  /** Changed files that are links, binary or too large, and were not read. */
  readonly not_read: readonly string[]
}

/** Compares two folders; neither is changed, nothing in them is run, no link is followed. */
export type CheckTestFolders = (base: string, head: string) => Promise<TestCheck>
