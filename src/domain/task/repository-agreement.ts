import type { RiskFacts, RiskTier } from '../risk/index.ts'
import type { RunMode } from './run-mode.ts'

/** Where a repository's program runs, as its agreement says it. */
export const AGREED_RUNTIMES = [
  'production',
  'background',
  'customer_api',
  'internal_tool',
  'library',
] as const satisfies readonly RiskFacts['runtime'][]

/** What kinds of data a repository's program handles, as its agreement says it. */
export const AGREED_DATA = ['personal', 'financial', 'regulated', 'secrets'] as const satisfies RiskFacts['data']

/** What was agreed for a repository when it was onboarded. Each field takes away, and none gives. */
export interface RepositoryAgreement {
  /** Answers for changes of tasks that name no owner. */
  readonly owner_team: string | null
  /** The least risk of any task there; null says nothing. */
  readonly risk_tier: RiskTier | null
  /** Capabilities that may work there; null means every one, an empty list none. */
  readonly allowed_task_classes: readonly string[] | null
  /** Globs that no task may change, besides its own. */
  readonly forbidden_paths: readonly string[]
  /** The verification profile of every task there; null means that the task or the platform chooses. */
  readonly verifier_profile: string | null
  /** The one file of the base commit that agents are shown as guidance; null means those that are known. */
  readonly instructions_file: string | null
  /** Who reviews pull requests, and alone approves as a reviewer; empty means that nobody is named. */
  readonly required_reviewers: readonly string[]
  /** The furthest a run may reach; null means no cap of its own. */
  readonly autonomy_max: RunMode | null
  /** Business domains, such as `billing`; empty says nothing. */
  readonly domains: readonly string[]
  /** Null means that nobody said, which counts as a risk. */
  readonly runtime: (typeof AGREED_RUNTIMES)[number] | null
  readonly data_classes: readonly (typeof AGREED_DATA)[number][]
  /** Share of lines that tests reach, 0 to 1; null means that nobody measured. */
  readonly coverage: number | null
}
