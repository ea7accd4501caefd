import type { ApprovalKind, AutonomyTier } from '../risk/index.ts'
import type { CapabilityGrant, CredentialKind, EvidenceKind, RequestSource } from '../task/index.ts'

/**
 * What a capability may allow, with the tools each word opens to an agent. `comment_on_issue` and `clone_repository` are
 * acts of the platform and open none.
 */
export const CAPABILITY_ACTIONS = {
  clone_repository: [],
  inspect_code: ['file_read', 'file_list', 'file_search', 'git_status', 'git_diff'],
  install_dependencies: [],
  run_commands: ['shell_exec'],
  run_tests: ['verify'],
  edit_files: ['file_write', 'file_edit', 'file_apply_patch', 'finish'],
  create_branch: [],
  open_pull_request: [],
  comment_on_issue: [],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type CapabilityAction = keyof typeof CAPABILITY_ACTIONS

/** What no capability can allow: they may only be named as forbidden, and are forbidden unnamed. */
export const NEVER_ALLOWED = [
  'merge_pull_request',
  'deploy_to_production',
  'read_production_secrets',
  'modify_iam_policy',
  'write_to_production_database',
] as const

type ForbiddenAction = CapabilityAction | (typeof NEVER_ALLOWED)[number]

/** The registered contract of a capability, as its file says it. */
export interface CapabilityContract {
  readonly id: string
  /** The team that answers for it. */
  readonly owner: string
  readonly description: string
  readonly allowed_inputs: readonly RequestSource[]
  readonly allowed_repositories: readonly string[]
  readonly allowed_paths: readonly string[]
  readonly allowed_actions: readonly CapabilityAction[]
  readonly forbidden_actions: readonly ForbiddenAction[]
  readonly max_autonomy_tier: AutonomyTier
  readonly models: readonly string[]
  readonly egress: CapabilityGrant['egress']
  readonly credentials: readonly CredentialKind[]
  readonly required_evidence: readonly EvidenceKind[]
  /** Who must agree to an act; `automatic` asks nobody. An act that is not named needs a person. */
  readonly approval: {
    readonly open_pr: 'automatic' | 'human_required' | ApprovalKind
    readonly merge_pr: 'human_required' | ApprovalKind
    readonly production_deploy: 'human_required' | ApprovalKind
  }
  readonly end_states: readonly string[]
  readonly evals: readonly string[]
}
