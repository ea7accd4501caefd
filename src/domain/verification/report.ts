import type { PlanTerms } from './plan.ts'
import type { PhaseKind } from './phase-kind.ts'
import type { ChangedLineCoverage } from './strength.ts'

/** The ecosystem whose toolchain a profile needs. */
export type Ecosystem = 'node' | 'python' | 'java' | 'go' | 'rust' | 'command'

/** One command of a profile. */
export interface ProfilePhase {
  readonly id: string
  /** What the phase tells; absent: as `phaseKind` reads it from the id. */
  readonly kind?: PhaseKind
  readonly argv: readonly string[]
  /** The command as the repository's people know it, such as `npm test`; absent: the arguments are what they know. */
  readonly shown?: string
  /** Relative to the repository's root; absent means the root. */
  readonly cwd?: string
  readonly env?: { readonly [name: string]: string }
  readonly required: boolean
  readonly timeout_seconds: number
  /** How test results are read: where the runner writes them and in which format; absent: by exit code alone. */
  readonly results?: TestResultSource
  /**
   * A command that tells whether the phase's tool is there, such as `ruff --version`; where it fails the phase is
   * `not_run`, never passed. Absent: a program that cannot be started is the only sign.
   */
  readonly tool?: readonly string[]
  /** How the phase runs some test files alone; absent: it only runs whole. */
  readonly focus?: PhaseFocus
  /** How the phase runs the tests of the modules that files belong to; absent: it only runs whole. */
  readonly module?: PhaseFocus
}

/** What stands for a file on a command line that runs a part of the tests. */
export type FocusTarget = 'path' | 'go_package' | 'java_class' | 'cargo_target' | 'module'

/**
 * How a runner is told to run a part of its tests. In `argv` a word that holds `{target}` stands once for each target,
 * and `{targets}` is all of them joined by commas.
 */
export interface PhaseFocus {
  readonly argv: readonly string[]
  readonly by: FocusTarget
  /** Endings of the files that can be told, such as `.py`; others are left out. */
  readonly extensions: readonly string[]
  /** For `module` and `cargo_target`: the words that name a module, by its folder (`.` for the root). */
  readonly modules?: { readonly [folder: string]: readonly string[] }
}

/** Where a phase's test results are found: `path` is relative to the repository root, or `-` for standard output. */
export interface TestResultSource {
  readonly format: 'junit' | 'tap' | 'jest_json' | 'unittest_text' | 'go_json' | 'cargo_text'
  readonly path: string
}

/** What proves a change in one repository. Found from the repository, or given by a file of the base commit. */
export interface VerificationProfile {
  readonly id: string
  /** Hash of the profile's canonical JSON: one of the twelve versions. */
  readonly version: string
  readonly ecosystem: Ecosystem
  /** Dependency set-up, run once in the setup phase with a way out to `registry_hosts`; absent: nothing to set up. */
  readonly setup?: readonly ProfilePhase[]
  /** Hosts that the setup phase may CONNECT to on port 443; empty means none. */
  readonly registry_hosts: readonly string[]
  readonly phases: readonly ProfilePhase[]
  /** How often a new or doubted test is run in all, 3 to 10; absent means 3. */
  readonly repeats?: number | undefined
  /** What the repository asks of a verification besides the rules; absent: nothing. */
  readonly plan?: PlanTerms | undefined
  /** Why this profile was chosen, for people. */
  readonly found_by: string
}

export type TestOutcome = 'passed' | 'failed' | 'skipped' | 'error'

/**
 * One test by its stable id (`file::class::name`, as the runner gives it). What could not run at all has a stand-in, an
 * error whose id ends in `::(build)`, `::(package)`, `::(target)` or `::(file)`.
 */
export interface TestResult {
  readonly id: string
  readonly outcome: TestOutcome
  readonly duration_ms?: number
  readonly message?: string
  readonly file?: string
  readonly line?: number
}

/** A likely cause found in a phase's output. */
export interface RootCause {
  readonly file?: string
  readonly line?: number
  readonly message: string
  readonly confidence: number
}

/** The short form of a failed phase that a model gets instead of raw logs. */
export interface Diagnosis {
  readonly classification:
    | 'compile_error'
    | 'test_failure'
    | 'setup_failure'
    | 'timeout'
    | 'out_of_memory'
    | 'no_tests'
    | 'crash'
  readonly root_causes: readonly RootCause[]
  readonly likely_direction: string
  readonly excerpt: string
  readonly truncated: boolean
  readonly redactions: number
}

/** What one phase did. */
export interface PhaseReport {
  readonly id: string
  /** As in the profile; absent: by the id. */
  readonly kind?: PhaseKind
  readonly argv: readonly string[]
  /** As in the profile: what people read in place of the arguments. */
  readonly shown?: string
  readonly required: boolean
  readonly outcome: 'passed' | 'failed' | 'timed_out' | 'not_run'
  readonly not_run_reason?: string
  readonly exit_code: number | null
  /** The signal that ended the command; absent: none did, or nobody knows which. */
  readonly signal?: string
  readonly duration_ms: number
  readonly tests: readonly TestResult[]
  /** sha256 of the redacted log artifact; null when the phase did not run. */
  readonly log_sha256: string | null
  readonly diagnosis?: Diagnosis
}

/** A profile run on one tree in a clean sandbox. */
export interface VerificationReport {
  readonly profile: string
  readonly profile_version: string
  readonly tree: string
  readonly sandbox_fingerprint: string
  readonly outcome: 'passed' | 'failed' | 'unavailable'
  readonly reason: string
  readonly phases: readonly PhaseReport[]
  readonly started_at: string
  readonly duration_ms: number
  /** The changed lines that its tests reach; absent: not measured with it. */
  readonly coverage?: ChangedLineCoverage
  /** The run that verified this tree; absent: the run itself did. */
  readonly reused_from?: string
}

/** Test ids that differ between the base and the proposed tree. */
export interface TestDelta {
  readonly fixed: readonly string[]
  readonly broken: readonly string[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly newly_skipped: readonly string[]
  /** Failing before and after: not this change's doing. */
  readonly pre_existing: readonly string[]
  readonly passed_before: number
  readonly passed_after: number
}
