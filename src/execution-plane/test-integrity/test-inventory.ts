import type { SyntaxLanguage } from '#syntax'
import type { Token } from './source-tokens.ts'

/** What takes a test out of the run, or leaves only it in. */
export type MarkerKind = 'skipped' | 'only' | 'expected_to_fail' | 'conditional'

/** A mark on a test, a group of tests, or a call inside of it. */
export interface Marker {
  readonly kind: MarkerKind
  readonly line: number
  readonly text: string
}

/** One check of a test. */
export interface Assertion {
  readonly line: number
  readonly end_line: number
  /** Its words joined by blanks: layout and comments make no difference. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** How much it says: 3 a value, 2 a part of it, 1 that there is something, 0 nothing. */
  readonly strength: 0 | 1 | 2 | 3
  /** Conditions that it stands under. */
  readonly guards: readonly string[]
  /** A failure of it is caught and goes nowhere. */
  readonly swallowed: boolean
  /** It stands behind a return or under a condition that never holds. */
  readonly dead: boolean
}

/** One test case, or with `support` what stands beside the cases of a file: set-up, helpers, tables. */
export interface TestCase {
  /** Names from the outermost group to the test. */
  readonly id: string
  readonly name: string
  readonly support: boolean
  readonly path: string
  readonly line: number
  readonly end_line: number
  readonly markers: readonly Marker[]
  readonly assertions: readonly Assertion[]
  /** Rows of its table of parameters. */
  readonly rows: readonly Assertion[]
  /** Everything it says, without its nested cases. */
  readonly words: ReadonlyMap<string, number>
  /** Lines on which it leaves before its end. */
  readonly returns: readonly { readonly line: number; readonly text: string }[]
  /** What it replaces by a stand-in. */
  readonly mocks: readonly { readonly line: number; readonly target: string; readonly text: string }[]
  /** Handlers that end all failures of what they guard, checks or calls. */
  readonly swallows: readonly { readonly line: number; readonly text: string }[]
}

/** The tests of one file. */
export interface TestInventory {
  readonly path: string
  readonly language: SyntaxLanguage
  readonly cases: readonly TestCase[]
}
