import type { ChangedLineCoverage } from './strength.ts'

/**
 * What a test does without the change and with it. `red_green`: it fails for the behaviour without the change and passes
 * with it. `red_by_absence` is weaker: what it asks for is not there yet, so it cannot be compiled, loaded or called.
 * `unrelated`: it turns green, and nothing shows that it has to do with the change. The others say nothing.
 */
type TestProof = 'red_green' | 'red_by_absence' | 'unrelated' | 'green_green' | 'red_red' | 'not_run'

/** One test, or one phase without test results, that shows what a change does. */
export interface ProvedTest {
  readonly id: string
  readonly proof: TestProof
  /** False for one that the base commit has as well. */
  readonly is_new: boolean
  readonly reason: string
  /** Why it belongs to the change or the task; absent: it is new, or it proves nothing. */
  readonly relation?: string
  /** Names that are not there without the change; absent: none is known. */
  readonly missing?: readonly string[]
}

/** A new test that does not do the same each time. */
export interface UnsteadyTest {
  readonly id: string
  readonly passed: number
  readonly outcomes: number
}

/** What the red-green gate saw; `tree` is the base with nothing but the tests of the head, for anybody to run again. */
export interface RedGreenReport {
  readonly schema: 'gander.red-green/v1'
  readonly rule: RedGreenRule
  readonly base_tree: string
  readonly head_tree: string
  /** Null where no tree had to be made: no test was changed, or nothing but tests. */
  readonly tree: string | null
  /** Tests of the change, as paths. */
  readonly test_files: readonly string[]
  readonly tests: readonly ProvedTest[]
  /** How often new tests were run on the head besides its verification, in which orders; 0: there was none to repeat. */
  readonly repeated: number
  readonly orders: readonly string[]
  readonly unsteady: readonly UnsteadyTest[]
  /** Whether a test that is red by absence is enough here; absent: nobody had to ask. */
  readonly absence?: { readonly is_enough: boolean; readonly reason: string }
  /** The changed lines that the red tests reach on the head; absent: not measured. */
  readonly reach?: ChangedLineCoverage
}

/** What is asked of a change; all but the first two ask for nothing. */
export type RedGreenRule =
  | 'fix_needs_a_red_test'
  | 'new_tests_are_red'
  | 'transform_has_no_tests'
  | 'refactoring_keeps_tests_green'
  | 'docs_need_no_test'
  | 'dependencies_need_no_test'
  | 'tests_only'
  | 'no_new_test'

/** What the rule is chosen by. */
export interface RedGreenFacts {
  readonly capability: string
  readonly agent: 'native' | 'guest' | 'transform'
  readonly is_fix: boolean
  /** Changed paths that are no tests and no documents. */
  readonly code_files: number
  readonly test_files: number
}

/** Which rule a task's change is held to. */
export function redGreenRule({ capability, agent, is_fix, code_files, test_files }: RedGreenFacts): RedGreenRule {
  if (agent === 'transform') return 'transform_has_no_tests'
  if (capability === 'maintenance.refactoring') return 'refactoring_keeps_tests_green'
  if (capability === 'maintenance.dependency_update') return 'dependencies_need_no_test'
  if (code_files === 0) return test_files === 0 ? 'docs_need_no_test' : 'tests_only'
  if (is_fix) return 'fix_needs_a_red_test'
  return test_files === 0 ? 'no_new_test' : 'new_tests_are_red'
}

/** True where a rule asks for a test that is red without the change. */
export const asksForRed = (rule: RedGreenRule): boolean =>
  rule === 'fix_needs_a_red_test' || rule === 'new_tests_are_red'

/** True for a proof that shows what the change does. */
export const isRed = ({ proof }: Pick<ProvedTest, 'proof'>): boolean =>
  proof === 'red_green' || proof === 'red_by_absence'
