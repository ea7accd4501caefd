import type { ApprovalKind, AutonomyTier } from '../risk/index.ts'
import type { RequestSource, RunMode } from './run-mode.ts'

/** What a run must have on record before it may complete. */
export const EVIDENCE_KINDS = [
  'reproduction_attempt',
  'root_cause_summary',
  'patch_summary',
  'tests_run',
  'risk_assessment',
  'rollback_notes',
  'judge_report',
  'plan',
] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

/** What a run may be lent, by kind; no key ever enters a sandbox. */
export const CREDENTIAL_KINDS = ['model_provider', 'package_registry', 'forge'] as const
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number]

/** An act that a capability can make depend on people. */
type ApprovableAct = 'open_pr'

/**
 * A capability as it was compiled when a task was accepted: what the task's runs may do at most, whatever the file it
 * came from says later. An empty list means none; `*` in a pattern stands for any characters.
 */
export interface CapabilityGrant {
  readonly id: string
  /** Hash of the contract it was compiled from. */
  readonly hash: string
  readonly owner: string
  readonly inputs: readonly RequestSource[]
  /** Patterns of repository addresses. */
  readonly repositories: readonly string[]
  /** Globs that a changed path must match besides the task's own scope; `**` matches every path. */
  readonly paths: readonly string[]
  /** Names of tools on the wire that an agent is offered and permitted. */
  readonly tools: readonly string[]
  /** The most that a run may do. */
  readonly reach: RunMode
  readonly max_autonomy_tier: AutonomyTier
  /** Patterns of `provider:model`; what the policy for models refuses stays refused. */
  readonly models: readonly string[]
  readonly egress: {
    /** True: setups may fetch from the registries of this machine. */
    readonly registries: boolean
    /** Patterns of further hosts that may be open where the sandbox profile or a person opens them. */
    readonly hosts: readonly string[]
    /** True: a person may be asked to open one of these hosts. */
    readonly ask: boolean
  }
  readonly credentials: readonly CredentialKind[]
  readonly evidence: readonly EvidenceKind[]
  readonly approvals: readonly { readonly act: ApprovableAct; readonly kind: ApprovalKind }[]
  /** End states in which a run of it counts as legally ended. */
  readonly end_states: readonly string[]
  /** Dotted policy actions that are denied, whatever a policy says. */
  readonly forbidden_actions: readonly string[]
  /** Names of evaluations that a version must pass before anything of its runs leaves. */
  readonly evals: readonly string[]
}
