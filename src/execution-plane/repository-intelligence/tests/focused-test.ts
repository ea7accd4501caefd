/** What runs the tests of one file, and how; either may be unknown. */
export interface FocusedTest {
  readonly framework: string | null
  /** To be run at the root of the repository. */
  readonly command: string | null
}

export const UNKNOWN_TEST: FocusedTest = { framework: null, command: null }
