import type { BudgetLimits } from '../budget/index.ts'
import type { LevelGrant, PhaseNumber, ReachGrant } from '../autonomy/index.ts'
import type { RiskReading } from '../risk/index.ts'
import type { PathGroups, SandboxProfile } from '../sandbox/index.ts'
import type { WorkflowProfile } from '../workflow/index.ts'
import type { RequestId, TaskId, TenantId } from '../ids/index.ts'
import type { CapabilityGrant } from './capability-grant.ts'
import type { ReplayOf } from './replay-of.ts'
import type { RepositoryAgreement } from './repository-agreement.ts'
import type { RequestSource, RunMode } from './run-mode.ts'

/** How trustworthy the author of a text is; set by the platform, never by the text. */
export type Trust = 'operator' | 'merged' | 'member' | 'outsider' | 'unknown' | 'tool_output'

/** What came in, from where, by whom, as it was said. */
export interface Request {
  readonly id: RequestId
  readonly tenant_id: TenantId
  readonly source: RequestSource
  readonly source_url: string | null
  readonly requester: string
  readonly repository: string
  readonly title: string
  readonly description: string
  readonly acceptance_criteria: readonly string[]
  readonly constraints: readonly string[]
  readonly deadline: string | null
  readonly attachments: readonly string[]
  readonly risk_hints: readonly string[]
  readonly expected_output: string | null
  readonly owner: string | null
  readonly trust: Trust
}

/** Boundary of a change; globs are matched against repository paths with `**`. */
export interface TaskScope {
  /** Empty means every path that is not protected or forbidden. */
  readonly allowed_paths: readonly string[]
  readonly forbidden_paths: readonly string[]
  /** Lists that must each cover a path that is changed, from the sandbox profile; absent means every path. */
  readonly writable_paths?: PathGroups
  /** Paths that the sandbox profile keeps as they are; absent means none. */
  readonly read_only_paths?: readonly string[]
  /** Protected files that a person agreed to for this run, exactly as named; absent means none. */
  readonly agreed_paths?: readonly string[]
  readonly max_changed_files: number
  readonly max_diff_lines: number
}

/** A criterion that was stated by the requester, or derived by the platform from the text. */
export interface Criterion {
  readonly text: string
  readonly origin: 'stated' | 'derived'
}

/** Who does the work: a model in Gander's own loop, a foreign coding agent, or a deterministic command or rule. */
export type AgentChoice =
  | { readonly kind: 'native'; readonly model: ModelChoice; readonly fallback: ModelChoice | null }
  | { readonly kind: 'guest'; readonly guest: GuestChoice; readonly model: ModelChoice }
  | { readonly kind: 'transform'; readonly rule: TransformRule }

/** Coding agents with an adapter of their own. */
export const KNOWN_GUESTS = ['claude-code', 'codex', 'opencode', 'pi', 'qwen-code'] as const
export type KnownGuest = (typeof KNOWN_GUESTS)[number]

/** The wire formats each known guest speaks with a server of its user's choice, the preferred one first. */
export const GUEST_APIS: Readonly<Record<KnownGuest, readonly ModelApi[]>> = {
  'claude-code': ['anthropic'],
  codex: ['openai-responses'],
  opencode: ['openai-chat'],
  pi: ['openai-chat'],
  'qwen-code': ['openai-chat'],
}

/**
 * Which foreign agent works: a known one, anything that speaks the Agent Client Protocol on its standard streams, or any
 * command, in which `{prompt_file}` stands for the path of the instructions.
 */
export type GuestChoice =
  | { readonly kind: 'known'; readonly id: KnownGuest }
  | { readonly kind: 'acp'; readonly argv: readonly string[] }
  | { readonly kind: 'command'; readonly argv: readonly string[] }

/** A codemod: an ast-grep rule's YAML text, or a command run in the sandbox. */
export type TransformRule =
  | { readonly kind: 'ast_grep'; readonly source: string; readonly name: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] }

export type ModelApi = 'anthropic' | 'openai-chat' | 'openai-responses' | 'google' | 'recorded'

/** Which model answers, over which wire format and where; keys are never part of it. */
export interface ModelChoice {
  readonly provider: string
  /** The provider's model name; for `recorded`, the absolute path of the conversation file. */
  readonly model: string
  readonly api: ModelApi
  /** Absent means the provider's own address. */
  readonly url: string | null
}

/** A repository and the commit a run is pinned to. */
export interface PinnedSource {
  /** As given: a path, or an https, ssh or file address. Credentials in it are removed. */
  readonly repository: string
  readonly ref: string
  /** Full commit id and the id of its tree. */
  readonly commit: string
  readonly tree: string
  /** The branch a pull request would go to. */
  readonly base_branch: string
  /** Uncommitted paths in the user's checkout, which the run does not see; empty for remote sources. */
  readonly uncommitted: readonly string[]
}

/** What a task was granted when it was accepted, with the reason of each cap. */
export interface AutonomyTerms {
  readonly reach: ReachGrant
  readonly level: LevelGrant
  /** The rollout phase of its class at that moment. */
  readonly phase: PhaseNumber
}

/** YAML texts of policies that came with an order; they can only take away. Absent: that level says nothing. */
export interface OrderPolicies {
  readonly task?: string
  readonly run?: string
}

/** What is reviewed: the task's own source is the commit it is compared with. */
export interface TaskReview {
  readonly head: PinnedSource
  /**
   * How base and head are compared: from the commit both come from, as a pull request is, or tree against tree; `base`
   * is what was named, the task's own source is what it came to. Absent in reviews from before: the trees.
   */
  readonly compared?: { readonly way: 'merge_base' | 'trees'; readonly base: string; readonly base_commit: string }
  /** A packet's JSON or the pull request's description, redacted; null where there is none. */
  readonly evidence: string | null
  /** Fingerprints of an earlier review of the same pull request. */
  readonly earlier: readonly string[]
}

/** The contract a run is held to. */
export interface Task {
  readonly id: TaskId
  readonly tenant_id: TenantId
  readonly request_id: RequestId
  readonly repository: string
  readonly base_ref: string | null
  /** Absent until the platform pinned the commit, which it does before the task is recorded. */
  readonly source?: PinnedSource
  readonly title: string
  readonly objective: string
  readonly scope: TaskScope
  readonly success_criteria: readonly Criterion[]
  readonly constraints: readonly string[]
  readonly capability: string
  /** The campaign that the task belongs to; absent or null means none. */
  readonly campaign_id?: string | null
  /** What the capability allows, pinned when the task was accepted; absent: the task is from before there were any. */
  readonly grant?: CapabilityGrant
  /** What was agreed for the repository, pinned with its version; absent: it is not onboarded. */
  readonly agreement?: RepositoryAgreement & { readonly version: number }
  /** How risky it was found to be when it was accepted, without the words of the request; absent: nobody looked yet. */
  readonly risk?: RiskReading
  /** Absent: as it asked. */
  readonly autonomy?: AutonomyTerms
  readonly mode: RunMode
  readonly agent: AgentChoice
  /** A profile's id, a YAML profile's text given by an operator, or null: found from the repository. */
  readonly verification:
    | { readonly kind: 'named'; readonly id: string }
    | { readonly kind: 'given'; readonly source: string }
    | null
  readonly limits: BudgetLimits
  /** What a gate's no leads to and where a person is asked to go on; absent: the built-in profile of level 3. */
  readonly workflow?: WorkflowProfile
  /** What the run's sandboxes may do; absent means the built-in profile. */
  readonly sandbox?: SandboxProfile
  /** Policies of the task and of its run, below every other level. Absent: there are none. */
  readonly policies?: OrderPolicies
  /** The run that this task runs again; absent: none. */
  readonly replay?: ReplayOf
  /** Present: the run reviews a change that is there, and makes none. */
  readonly review?: TaskReview
  readonly deadline: string | null
  readonly attachments: readonly string[]
  readonly risk_hints: readonly string[]
  readonly expected_output: string | null
  readonly owner: string | null
  readonly requester: string
  readonly trust: Trust
  /** True when the task asks to mend wrong behaviour, so that a reproduction is owed. */
  readonly is_fix: boolean
}

/** Bounds where a task states none. */
export const DEFAULT_SCOPE: TaskScope = {
  allowed_paths: [],
  forbidden_paths: [],
  max_changed_files: 20,
  max_diff_lines: 800,
}
