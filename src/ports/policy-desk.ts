import type { TenantId } from '#domain/ids'
import type { ActiveBundle, PolicyCaps, SealedBundle } from '#domain/policy'
import type { RunMode } from '#domain/task'
import type { PolicyDecision } from './policy.ts'
import type { RecordedDecision } from './policies.ts'

/** One level of a policy that was read. */
export interface PolicyLevelLine {
  readonly name: string
  readonly level: string
  readonly rules: number
  readonly applies_to: readonly string[]
}

/** What reading a policy came to. */
export interface PolicyReport {
  /** What was read: a folder, or a repository's file over the installation's folder. */
  readonly place: string
  /** Empty where the policy can be used; each names its file, field and line. */
  readonly problems: readonly string[]
  /** What is written and has no effect. */
  readonly notes: readonly string[]
  /** Hash of the bundle; null where there are problems. */
  readonly sha256: string | null
  /** What decisions of a run would be bound to. */
  readonly version: string | null
  readonly levels: readonly PolicyLevelLine[]
  readonly expires_at: string | null
}

/** How one test of a policy came out. */
export interface PolicyTestOutcome {
  readonly file: string
  readonly name: string
  readonly passed: boolean
  /** What was expected and what came, one line each; empty where it passed. */
  readonly differences: readonly string[]
  /** Why the policy answers so. */
  readonly explanation: string
}

/** One difference between two policies, by what it means for runs. */
export interface PolicyDifference {
  readonly direction: 'stricter' | 'looser' | 'changed'
  readonly policy: string
  /** What is different, such as `paths + denied: infra/prod/**`. */
  readonly said: string
}

/** A decision of the past that would come out otherwise. */
export interface ChangedDecision {
  readonly decision_id: string
  readonly run_id: string
  readonly created_at: string
  readonly action: string
  /** Paths or words that it was about. */
  readonly subject: string
  readonly was: PolicyDecision['answer']
  readonly becomes: PolicyDecision['answer']
  /** Rules that make the difference, `policy: rule`. */
  readonly because: readonly string[]
}

/** What asking another policy about recorded decisions came to. */
export interface PolicyReplay {
  readonly asked: number
  readonly changed: readonly ChangedDecision[]
  /** Decisions that don't hold what would have to be asked. */
  readonly left_out: number
}

/** What a person asks policy about; what is left out is harmless. */
export interface PolicyWish {
  /** Dotted, or a tool's name; absent: told from what else is given. */
  readonly action?: string | undefined
  readonly paths?: readonly string[] | undefined
  readonly argv?: readonly string[] | undefined
  readonly host?: string | undefined
  readonly mode?: RunMode | undefined
  readonly capability?: string | undefined
  readonly repository?: string | undefined
}

/** What is active for a tenant. */
export interface PolicyShown {
  readonly active: Omit<ActiveBundle, 'bundle'> | null
  readonly levels: readonly PolicyLevelLine[]
  readonly caps: PolicyCaps | null
  /** Why nothing is allowed now; null: decisions are made. */
  readonly closed: string | null
  readonly history: readonly Omit<ActiveBundle, 'bundle' | 'signature'>[]
  /** True where the files of the installation say something else than what is active. */
  readonly files_differ: boolean
}

/** A policy's files, absolute; absent: the installation's own. */
export type PolicyPlace = string | undefined

/** Everything a person does with policies. A policy that can't be read throws `policy_invalid` with every problem. */
export interface PolicyDesk {
  check(place: PolicyPlace): Promise<PolicyReport>
  /** Runs the tests beside a policy, or those of the files that are named. */
  test(place: PolicyPlace, files: readonly string[]): Promise<readonly PolicyTestOutcome[]>
  explain(place: PolicyPlace, wish: PolicyWish): Promise<PolicyDecision>
  decision(id: string): Promise<RecordedDecision | undefined>
  /** Each side is a place, or the hash of a bundle on record, or `active`. */
  diff(before: string, after: PolicyPlace): Promise<readonly PolicyDifference[]>
  /** Asks the policy about every decision since a moment (RFC 3339). */
  replay(place: PolicyPlace, since: string): Promise<PolicyReplay>
  /** Signs a policy with the Ed25519 key in a PEM file. */
  sign(place: PolicyPlace, key_file: string): Promise<SealedBundle>
  /** Activates a policy, or the signed bundle in a JSON file, after its tests. @throws GanderError `policy_tests_failed` */
  activate(place: PolicyPlace, by: string, reason: string): Promise<Omit<ActiveBundle, 'bundle'>>
  show(): Promise<PolicyShown>
  close(): Promise<void>
}

/** Opens the desk of a tenant. */
export type OpenPolicyDesk = (tenant: TenantId) => Promise<PolicyDesk>
