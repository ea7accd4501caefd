import type { TenantId } from '#domain/ids'
import type { ActiveBundle, BundleSignature, PolicyCaps, SealedBundle } from '#domain/policy'
import type { RunMode } from '#domain/task'
import type { PolicyDecision } from './policy.ts'
import type { KeptBundle, RecordedDecision } from './policies.ts'
import type { Page, PageWish } from './run-queries.ts'

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
  /** There were more: later decisions than this moment's (RFC 3339) were not asked about. Absent: all were. */
  readonly asked_until?: string
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

/** A file of a policy by its words; its path is relative to the policy's folder. */
export interface PolicyText {
  readonly path: string
  readonly text: string
}

/** A policy that is not on this machine's disk: its words, or the hash of a bundle on record. */
export type PolicyTexts =
  | { readonly kind: 'folder'; readonly files: readonly PolicyText[] }
  | { readonly kind: 'repository'; readonly text: string; readonly tests: string | null }
  | { readonly kind: 'sealed'; readonly sealed: SealedBundle }
  | { readonly kind: 'kept'; readonly sha256: string }

/** A policy's files, absolute, or their words; absent: the installation's own. */
export type PolicyPlace = string | PolicyTexts | undefined

/** Who makes a bundle the one that counts. */
export interface PolicyActivation {
  readonly by: string
  readonly reason: string
  /** A signature that was put under the bundle after it was kept; absent: the one it was kept with. */
  readonly signature?: BundleSignature | null
  /** Hash of the bundle that must be active until now, null: none may be. Absent: whichever is. */
  readonly instead_of?: string | null
}

/** Everything a person does with policies. A policy that can't be read throws `policy_invalid` with every problem. */
export interface PolicyDesk {
  check(place: PolicyPlace): Promise<PolicyReport>
  /** Runs the tests beside a policy, or those of the files that are named. */
  test(place: PolicyPlace, files: readonly (string | PolicyText)[]): Promise<readonly PolicyTestOutcome[]>
  explain(place: PolicyPlace, wish: PolicyWish): Promise<PolicyDecision>
  decision(id: string): Promise<RecordedDecision | undefined>
  /** Each side is a place, or the hash of a bundle on record, or `active`. */
  diff(before: string | PolicyTexts, after: PolicyPlace): Promise<readonly PolicyDifference[]>
  /** Asks the policy about every decision since a moment (RFC 3339). */
  replay(place: PolicyPlace, since: string): Promise<PolicyReplay>
  /** Signs a policy with the Ed25519 key in a PEM file. */
  sign(place: PolicyPlace, key_file: string): Promise<SealedBundle>
  /** Keeps a policy under its hash after its tests, and activates nothing. @throws GanderError `policy_tests_failed` */
  keep(place: PolicyPlace, by: string): Promise<SealedBundle>
  /** Activates a policy, or the signed bundle in a JSON file, after its tests. @throws GanderError `policy_tests_failed` */
  activate(place: PolicyPlace, activation: PolicyActivation): Promise<Omit<ActiveBundle, 'bundle'>>
  /** Bundles on record, the newest first. @throws GanderError `cursor_invalid` */
  versions(page: PageWish): Promise<Page<KeptBundle>>
  show(): Promise<PolicyShown>
  close(): Promise<void>
}

/** Opens the desk of a tenant, or of whoever a server's token speaks for. */
export type OpenPolicyDesk = (
  tenant: TenantId,
  server?: { readonly url: string; readonly token: string },
) => Promise<PolicyDesk>
