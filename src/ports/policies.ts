import type { RunId, TenantId } from '#domain/ids'
import type { AskedPlan } from '#domain/verification'
import type { ActiveBundle, ApprovalFacts, EffectivePolicy, RequiredApproval, SealedBundle } from '#domain/policy'
import type { Result } from '#domain/result'
import type { Task } from '#domain/task'
import type { Policy, PolicyDecision } from './policy.ts'
import type { Page, PageWish } from './run-queries.ts'

/** A bundle on record, without its content. */
export interface KeptBundle {
  readonly sha256: string
  readonly kept_by: string
  readonly kept_at: string
  /** Whether it was kept with a signature. */
  readonly is_signed: boolean
  /** True for the one that counts now. */
  readonly is_active: boolean
}

/**
 * Policy bundles on record, by the hash of their content. What is read is checked against its hash; the active one is
 * the latest that was activated. Activation and its event (`policy_changed`) are one transaction.
 */
export interface PolicyBundles {
  /** Keeps a bundle; the same one again is no second one. */
  keep(tenant: TenantId, bundle: SealedBundle, by: string): Promise<void>
  read(tenant: TenantId, sha256: string): Promise<SealedBundle | undefined>
  /** Undefined where none was ever activated. */
  active(tenant: TenantId): Promise<ActiveBundle | undefined>
  /** Bundles that were kept, the newest first. @throws GanderError `cursor_invalid` */
  versions(tenant: TenantId, page: PageWish): Promise<Page<KeptBundle>>
  /**
   * Keeps a bundle and makes it the active one; runs that are under way are held to it at once. `instead_of` is the hash
   * of what must be active until then, null for nothing. @throws GanderError `resource_changed` where something else is
   */
  activate(
    tenant: TenantId,
    bundle: SealedBundle,
    activation: { readonly by: string; readonly reason: string; readonly instead_of?: string | null },
  ): Promise<ActiveBundle>
  /** Activations, the newest first. */
  history(tenant: TenantId, limit: number): Promise<readonly Omit<ActiveBundle, 'bundle' | 'signature'>[]>
  /** Decisions since a moment, the oldest first, with what the task of their run says. */
  decisionsSince(tenant: TenantId, since: string, limit: number): Promise<readonly RecordedDecision[]>
  /** One decision with its run's task. */
  decision(tenant: TenantId, decision_id: string): Promise<RecordedDecision | undefined>
}

/** A decision as it stands on record. */
export interface RecordedDecision {
  readonly decision: PolicyDecision
  readonly task: Task
  readonly created_at: string
}

/** What a run is held to from its first lease to its end; on record in its journal. */
export interface PinnedPolicy {
  /** The bundle that was active when the run began. */
  readonly bundle_sha256: string
  /** Text of the base commit's `.gander/policy.yaml`; null where there is none. */
  readonly repository: string | null
}

/** The change whose verification is asked about. */
interface PlanQuestion {
  readonly paths: readonly string[]
  /** The task's capability. */
  readonly task_class: string
}

/** The policy of one run: what it was pinned to, and what is active now; all of it must agree. */
export interface RunPolicy extends Policy {
  readonly pinned: PinnedPolicy
  readonly effective: EffectivePolicy
  /** Why nothing is allowed (a bundle is missing, altered, ended or unreadable); undefined: decisions are made. */
  readonly closed: string | undefined
  /** Takes up what was activated since it last looked, at most a second ago; what cannot be read closes the run. */
  refresh(): Promise<void>
  /** Who must agree to a change, by every level. */
  requiredApprovals(facts: ApprovalFacts): readonly RequiredApproval[]
  /** What the verification of a change must have besides the rules, by every level that speaks of it. */
  requiredPlan(facts: PlanQuestion): readonly AskedPlan[]
  /**
   * Adds the policy file of the run's base commit (null: it has none) and gives what in it has no effect because a
   * level above says less. What can't be read closes the run.
   */
  bindRepository(text: string | null): Promise<Result<readonly string[], string>>
}

/** Opens the policy of runs. */
export interface RunPolicies {
  /** What holds for a repository of a tenant now, without its own file; or why nothing is allowed. */
  effective(tenant: TenantId, repository: string): Promise<Result<EffectivePolicy, string>>
  /** Pinned to what is active now, or to what the run was pinned to before. */
  open(run: { readonly run_id: RunId; readonly task: Task }, pinned?: PinnedPolicy): Promise<RunPolicy>
}
