import type { ApprovalRequest } from '#domain/approval'
import type { EventDraft } from '#domain/event'
import type { BoundaryReport, Verdict } from '#domain/gate'
import type { Change } from '#domain/change'
import type { FailureClass } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Plan } from '#domain/plan'
import type { RiskReading } from '#domain/risk'
import type { Lease, PauseReason, Reproduction, Run } from '#domain/run'
import type { SandboxProfile } from '#domain/sandbox'
import type { Task } from '#domain/task'
import type {
  RedGreenReport,
  SortedFailure,
  StrengthReport,
  VerificationProfile,
  VerificationReport,
} from '#domain/verification'
import type {
  Agent,
  AgentTools,
  ApprovalRules,
  ArtifactStore,
  CapabilityRecords,
  Clock,
  EvidenceSealer,
  FoundGuest,
  Guests,
  GuestToolDesk,
  Identifiers,
  ModelGateway,
  PackageFacts,
  PackageRegistries,
  Policy,
  PriceTable,
  ProofRecords,
  PublicationPlan,
  Publisher,
  PushLimits,
  Redactor,
  RegistryProxy,
  Repositories,
  RunArtifact,
  RunMemory,
  RunPolicies,
  RunPolicy,
  RunRepository,
  RunStore,
  RunStores,
  SandboxDriver,
  SandboxProbe,
  SetupCache,
  SetupLayer,
  SwitchCheck,
  WorkspaceFiles,
} from '#ports'
import type { SegmentStore } from '#execution-plane/code-index'
import type { CodeShelf, CodeView } from '#execution-plane/code-view'
import type { JudgeReport } from '#execution-plane/judge'
import type { ForeignTools, McpGateway } from '#execution-plane/mcp-gateway'
import type { LikelyFile, ScopeFinding } from '#execution-plane/planner'
import type { Trials } from '#execution-plane/verification-plan'
import type { Workspace } from '#execution-plane/workspace'
import type { RunJournal } from './run-journal.ts'
import type { StopWatch } from './stop-watch.ts'

/** What a worker needs of the world for runs of any tenant; wired once. */
export interface WorkerGround extends WorkerParts {
  readonly stores: Pick<RunStores, 'lease' | 'sweep'>
  /** The members that are one tenant's: its store, its artifacts, and what is made over them. */
  readonly ofTenant: (tenant: TenantId) => Pick<WorkerParts, 'store' | 'artifacts' | 'sealer'> & Partial<WorkerParts>
}

/** The parts with which a tenant's runs are worked on. */
export const partsOf = (ground: WorkerGround, tenant: TenantId): WorkerParts => ({
  ...ground,
  ...ground.ofTenant(tenant),
})

/** What one tenant's runs need of the world. */
export interface WorkerParts {
  readonly store: RunStore
  readonly clock: Clock
  readonly identifiers: Identifiers
  readonly policy: Policy
  /** Levels below the platform's own rules; absent means that there are none. */
  readonly policies?: RunPolicies
  /** The policy of the run that is worked on; `policy` asks it. Absent where there are no levels. */
  readonly run_policy?: RunPolicy
  readonly redactor: Redactor
  readonly artifacts: ArtifactStore
  readonly repositories: Repositories
  readonly driver: SandboxDriver
  /** The driver's probe, made once per worker. */
  readonly probe: () => Promise<SandboxProbe>
  readonly gateway: ModelGateway
  /** Finds foreign agents' programs. */
  readonly guests: Guests
  /** Offers guests the tools of their run. */
  readonly guest_tools: GuestToolDesk
  readonly prices: PriceTable
  readonly publisher: Publisher
  readonly sealer: EvidenceSealer
  readonly files: (tree: { readonly path: string; readonly uid: number; readonly gid: number }) => WorkspaceFiles
  /** Package registries this machine is configured to use. */
  readonly registries: PackageRegistries
  /** What the configured registries say of packages; absent: what would have to be looked up is a person's. */
  readonly package_facts?: PackageFacts
  /** The way out of setups. */
  readonly proxy: RegistryProxy
  /** Finished setups of earlier runs; absent means that each run installs anew. */
  readonly setups?: SetupCache
  /** Reports of base commits and flakes that earlier runs left; absent: each run verifies the base anew. */
  readonly proof_records?: ProofRecords
  /** What people let in of what runs learnt, and where runs propose more; absent: nothing is remembered. */
  readonly memory?: RunMemory
  /** Finds an operator's sandbox profile by name; absent means that there are none. */
  readonly sandbox_profile?: (name: string) => Promise<SandboxProfile>
  /** Absolute folder for what a run keeps on disk. */
  readonly runs_folder: string
  /** Version of this program: one of the twelve. */
  readonly version: string
  /** Foreign tool servers that a person allowed; absent means that there are none. */
  readonly foreign_tools?: McpGateway
  /** Who must agree to what, and whether a yes still counts; absent: one person's yes is enough for what is asked. */
  readonly approval_rules?: ApprovalRules
  /** Kill switches; absent means that there are none. */
  readonly switches?: SwitchCheck
  /** Commits that runs of this worker looked at lately; absent: each look at the code begins anew. */
  readonly code_shelf?: CodeShelf
  /** Signs the delimiters of what every run on a repository is shown alike; absent: each run's own secret does. */
  readonly prefix_secret?: string
  /** Keeps the code index of a repository between runs; absent: each look at the code makes it anew. */
  readonly code_store?: (repository: string) => SegmentStore
  /** States of capabilities; absent: what was admitted stays open. */
  readonly capability_records?: Pick<CapabilityRecords, 'record'>
}

/** How a run stops short of completion. */
export type Ending =
  | {
      readonly kind: 'end'
      readonly state: 'blocked_policy' | 'needs_human' | 'failed'
      readonly failure: FailureClass
      readonly what: string
      readonly why: string
    }
  | { readonly kind: 'pause'; readonly reason: PauseReason; readonly explanation: string }
  | { readonly kind: 'approval'; readonly request: ApprovalRequest }

/** One lease's work on a run: what is fixed, and what its phases found out so far. */
export interface Execution {
  readonly parts: WorkerParts
  readonly run: Run
  readonly lease: Lease
  /** The contract; `prepare` narrows its scope by the sandbox profile before anything reads it. */
  task: Task
  readonly created_at: string
  readonly journal: RunJournal
  readonly signal: AbortSignal
  /** Asked before what leaves the machine. */
  readonly switches: StopWatch
  /** Filled by the phases, in their order. */
  readonly found: Found
}

/** What the planner foresaw. */
interface Foreseen {
  readonly likely: readonly LikelyFile[]
  readonly findings: readonly ScopeFinding[]
  /** What the forge said its token may not push; absent: it said nothing. */
  readonly push_limits?: PushLimits
}

/** What a model said of a tree. */
interface Judged {
  readonly tree: string
  readonly verdict: Verdict
  readonly report: JudgeReport
}

export interface Found {
  repository?: RunRepository
  /** The last reading; a later one can only raise it. */
  risk?: RiskReading
  profile?: VerificationProfile
  sandbox?: SandboxProfile
  setup_layer?: SetupLayer | null
  /** Hash of what decided the setup; null where another setup may not stand in for it. */
  setup_inputs?: string | null
  workspace?: Workspace
  tools?: AgentTools
  foreign_tools?: ForeignTools
  agent?: Agent
  guest?: FoundGuest
  baseline?: Promise<VerificationReport>
  before?: VerificationReport
  /** What the base commit did when it was verified again; absent or empty: it was verified once. */
  base_repeats?: readonly VerificationReport[]
  after?: VerificationReport
  reproduction?: Reproduction
  /** How strong the tests of the last proposed tree are, and what was tried for each tree. */
  strength?: StrengthReport
  trials?: Map<string, Trials>
  /** Tests known to be chance, with how that is known. */
  known_flaky?: ReadonlyMap<string, string>
  /** Whose the failures of `after` are. */
  failures?: readonly SortedFailure[]
  red_green?: RedGreenReport
  /** What was foreseen of the scope before a token was spent; absent: the scope bounds no path. */
  foreseen?: Foreseen
  /** What the code of the base commit says of the task; looked up once, when it is first asked for. */
  code?: Promise<CodeView>
  plan?: Plan
  plan_sha256?: string
  /** Signs the delimiters around untrusted text with a secret of the run. */
  sign?: (text: string) => string
  system?: string
  context_manifest?: string
  change?: Change
  patch_sha256?: string
  /** Each check of the last look at the change. */
  boundary?: BoundaryReport
  judgement?: JudgeReport
  judge_sha256?: string | null
  /** The last judgement of a model on a tree; an appeal is about it. */
  judged?: Judged
  /** What one is judged by may be appealed once in a run. */
  appealed?: boolean
  publication?: PublicationPlan
  fingerprint?: string
  /** Approvals that were taken up for acts, by the key under which that is on record. */
  readonly agreed: Map<string, string>
  readonly verdicts: Map<Verdict['gate'], Verdict>
  readonly reports: Map<string, VerificationReport>
  summary: string
  repairs: number
  send_backs: number
}

/** What a phase found that a later one cannot do without; a missing part is a defect of the order of phases. */
export function need<Key extends keyof Found>(execution: Execution, key: Key): NonNullable<Found[Key]> {
  const value = execution.found[key]
  if (value === undefined || value === null) throw new Error(`${key} is asked for before its phase`)
  return value
}

/** Stores text as an artifact of the run. */
export async function keep(execution: Execution, kind: string, name: string, text: string): Promise<RunArtifact> {
  const ref = await execution.parts.artifacts.put(text)
  return { ...ref, kind, name, data_class: 'internal' }
}

/** The event of a gate's answer. */
export const gateAnswered = (verdict: Verdict): EventDraft => ({
  event: 'gate_answered',
  facts: {
    gate: verdict.gate,
    answer: verdict.answer,
    reason: verdict.reason,
    findings: verdict.findings.map((finding) => ({ ...finding })),
  },
})

/** The event of what is known about the wrong behaviour on the base commit. */
export const reproductionRecorded = ({ status, reason, evidence = [] }: Reproduction): EventDraft => ({
  event: 'reproduction_recorded',
  facts: { status, reason, evidence: [...evidence] },
})
