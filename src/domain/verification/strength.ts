import type { Check } from './checks.ts'
import type { VerificationPlan } from './plan.ts'

/** One line of the table that says what of a plan was done. */
export interface PlanRow {
  readonly check: Check
  readonly demand: 'required' | 'optional'
  readonly outcome: 'passed' | 'failed' | 'not_run'
  /** Absent where it ran. */
  readonly not_run_reason?: string
  /** What it found, or by which phase it was run; absent: nothing more to say. */
  readonly detail?: string
  /** It failed on the base commit in the same way, so it is not this change's doing. */
  readonly pre_existing?: true
}

/** Changed lines of one file that a program can stop at, and those of them that no test reached. */
export interface FileCoverage {
  readonly path: string
  readonly executable: number
  readonly covered: number
  readonly uncovered: readonly number[]
}

/** How much of the changed lines tests reach, as measured in the platform's sandbox. */
export type ChangedLineCoverage =
  | {
      readonly measured: true
      /** What measured it, such as `v8`. */
      readonly by: string
      readonly executable: number
      readonly covered: number
      readonly files: readonly FileCoverage[]
    }
  | { readonly measured: false; readonly reason: string }

/**
 * One planted defect. `escaped`: the tests of the base commit notice it and those of the proposed tree do not;
 * `invalid`: it does not compile; `not_run`: the time was up.
 */
export interface MutantResult {
  readonly path: string
  readonly line: number
  readonly operator: string
  readonly before: string
  readonly after: string
  readonly outcome: 'killed' | 'survived' | 'escaped' | 'invalid' | 'not_run'
  /** The test or the end that noticed it; absent where none did. */
  readonly noticed_by?: string
}

/** The tests of the base commit, run against the proposed sources. */
export interface BaseTests {
  readonly ran: boolean
  /** Why they were run, or why not. */
  readonly reason: string
  /** The tree that holds both, which anybody can build again; null where they did not run. */
  readonly tree: string | null
  /** Passed on the base commit and fail against the proposed sources, while their file was altered or removed. */
  readonly bent: readonly string[]
  /** Files whose way to run tests was changed and could not be put back for this; absent: none. */
  readonly kept?: readonly { readonly path: string; readonly why: string }[]
}

/** How strong the tests of a proposed tree are, with the plan that asked and what was left out. */
export interface StrengthReport {
  readonly schema: 'gander.test-strength/v1'
  readonly tree: string
  readonly plan: VerificationPlan
  readonly rows: readonly PlanRow[]
  readonly base_tests: BaseTests
  readonly coverage: ChangedLineCoverage
  readonly mutants: readonly MutantResult[]
  /** Killed of those that were run and are valid; null where none was. */
  readonly kill_ratio: number | null
  /** Why no mutant was planted, or fewer than planned; absent: as planned. */
  readonly mutants_reason?: string
}
