/** From least to most. */
export type RiskTier = 'low' | 'medium' | 'high' | 'critical'

/** 0 advises, 1 edits locally, 2 opens pull requests, 3 maintains within bounds, 4 assists releases, 5 operates. */
export type AutonomyTier = 0 | 1 | 2 | 3 | 4 | 5

/** Who must agree; an approval matrix resolves a kind to people. */
export type ApprovalKind =
  | 'reviewer'
  | 'code_owner'
  | 'domain_owner'
  | 'security_owner'
  | 'release_owner'
  | 'incident_commander'

/**
 * What the platform knows about a task before work starts. Every value is computed by the platform from the base commit,
 * the repository's onboarding and the request; `unknown` is a value of its own and never counts as harmless.
 */
export interface RiskFacts {
  /** Words of the request and names of the paths it names, folded to lower case. */
  readonly words: readonly string[]
  /** Domains the repository is registered under, such as `billing`. */
  readonly domains: readonly string[]
  /** What the repository's agreement says it is; null where it says nothing. */
  readonly agreed_tier: RiskTier | null
  /** Paths the task's scope opens or names; empty where it names none. */
  readonly paths: readonly string[]
  readonly runtime: 'production' | 'background' | 'customer_api' | 'internal_tool' | 'library' | 'unknown'
  readonly data: readonly ('personal' | 'financial' | 'regulated' | 'secrets')[]
  readonly scope: {
    readonly max_changed_files: number
    readonly touches_public_api: boolean
    readonly touches_schema: boolean
    readonly touches_dependencies: boolean
  }
  readonly reversibility: 'revert_commit' | 'needs_data_repair' | 'irreversible' | 'unknown'
  /** Share of lines that tests reach, 0 to 1; null where nobody measured. */
  readonly coverage: number | null
  readonly has_tests: boolean
  readonly has_owner: boolean
  readonly during_incident: boolean
  /** What the author says is risky; it can only raise the tier. */
  readonly stated_hints: readonly string[]
}
