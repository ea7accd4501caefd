import type { BudgetLimits } from '../budget/index.ts'
import type { ApprovalKind, AutonomyTier } from '../risk/index.ts'
import type { RunMode } from '../task/index.ts'
import type { PlanScope, PlanAsk } from '../verification/index.ts'

/** Who may say what a run may not do, from the widest to the narrowest; each can only take away. */
export const POLICY_LEVELS = [
  'platform',
  'organisation',
  'team',
  'repository',
  'campaign',
  'task',
  'run',
  'tool_call',
] as const
export type PolicyLevel = (typeof POLICY_LEVELS)[number]

/** What every rule of a document has. No rule has the effect `allow`: what a level does not forbid it leaves as it is. */
interface RuleWords {
  /** Unique in its document, such as `prod` or `paths.denied.1`. */
  readonly rule: string
  readonly effect: 'ask' | 'deny'
  /** For whoever was refused. */
  readonly why: string
}

/** Repository paths that are closed, or that a person must agree to. */
export interface PathRule extends RuleWords {
  readonly paths: readonly string[]
  /** Paths that the rule does not speak of; empty means none. */
  readonly except: readonly string[]
}

/** Names (actions, tools, commands, capabilities, change classes) that are closed or asked; a last `*` is any ending. */
export interface NameRule extends RuleWords {
  readonly names: readonly string[]
}

/** Who must agree to a change of certain paths, classes, domains, or to an action. */
export interface ApprovalRule {
  readonly rule: string
  readonly why: string
  readonly kinds: readonly ApprovalKind[]
  /** How many different people of each kind. */
  readonly quorum: number
  /** What the rule speaks of; it matches where any of the lists does, and always where all of them are empty. */
  readonly paths: readonly string[]
  readonly change_classes: readonly string[]
  readonly actions: readonly string[]
  readonly domains: readonly string[]
}

/** What the verification of some changes must have besides the rules of the platform: it can only be made stricter. */
export interface VerificationRule extends PlanScope {
  readonly rule: string
  readonly why: string
  /** Addresses of repositories, `*` standing for any text; absent or empty: every repository that the level speaks of. */
  readonly repositories?: readonly string[] | undefined
  readonly plan: PlanAsk
}

/** The most a scope may use; what is absent is not capped here, and 0 means none. */
interface SpendCap {
  readonly max_cost_usd?: number
  readonly max_tokens?: number
  readonly max_runs?: number
  readonly max_pull_requests?: number
}

/** Scopes that money and work are counted in, beside the single run. */
export const SPEND_SCOPES = ['task_class', 'campaign', 'tenant', 'day'] as const
type SpendScope = (typeof SPEND_SCOPES)[number]

/** Caps on what is used; absent means not capped by this level. */
export type PolicyBudgets = { readonly run?: Partial<BudgetLimits> } & { readonly [Scope in SpendScope]?: SpendCap }

/** Hosts that a run may reach at all, of those that something else opens. */
export interface EgressRules {
  /** Null: not capped by this level; empty: none. A leading `*.` stands for every name below. */
  readonly allowed_hosts: readonly string[] | null
  readonly denied_hosts: readonly string[]
  /** False: a person is not even asked to open a host. */
  readonly ask: boolean
}

/** What one level says about runs, as it was written and read by the schema. */
export interface PolicyDocument {
  readonly level: PolicyLevel
  /** How decisions name it: `platform`, `organisation`, `team/payments`, `repository`. */
  readonly name: string
  /** Addresses of the repositories it speaks of, `*` standing for any text; empty means every repository. */
  readonly applies_to: readonly string[]
  readonly paths: readonly PathRule[]
  readonly actions: readonly NameRule[]
  readonly tools: readonly NameRule[]
  /** Names of programs, or a program and its first words: `docker`, `make deploy`. */
  readonly commands: readonly NameRule[]
  readonly capabilities: readonly NameRule[]
  readonly change_classes: readonly NameRule[]
  readonly egress: EgressRules
  /** Phases of the verification profile that must be there and must pass. */
  readonly required_verifiers: readonly string[]
  /** Absent: nothing is asked for besides the rules. */
  readonly verification?: readonly VerificationRule[]
  readonly approvals: readonly ApprovalRule[]
  readonly budgets: PolicyBudgets
  /** Furthest reach of a run; null: not capped by this level. */
  readonly max_mode: RunMode | null
  readonly max_autonomy_tier: AutonomyTier | null
  /** Highest gate authority, 1 to 4; null: not capped by this level. */
  readonly max_autonomy_level: number | null
  /** Domains whose runs are held at the first tier. */
  readonly sensitive_domains: readonly string[]
  /** The only tool whose calls it speaks of, by its name on the wire; absent: it speaks of every act. */
  readonly tool?: string
  /** Cedar text of `forbid` policies, each with an `@id`; null: none. */
  readonly cedar: string | null
}

/** A document that says nothing. */
export const SILENT_DOCUMENT: Omit<PolicyDocument, 'level' | 'name'> = {
  applies_to: [],
  paths: [],
  actions: [],
  tools: [],
  commands: [],
  capabilities: [],
  change_classes: [],
  egress: { allowed_hosts: null, denied_hosts: [], ask: true },
  required_verifiers: [],
  approvals: [],
  budgets: {},
  max_mode: null,
  max_autonomy_tier: null,
  max_autonomy_level: null,
  sensitive_domains: [],
  cedar: null,
}
