import type { BudgetLimits, BudgetUse } from '../budget/index.ts'
import type { DiffStat, FileChange } from '../change/index.ts'
import type { Incident } from '../event/index.ts'
import type { Diagnosed } from '../failure/index.ts'
import type { BoundaryReport, Verdict } from '../gate/index.ts'
import type { Plan } from '../plan/index.ts'
import type { RiskReading } from '../risk/index.ts'
import type { EndState, Reproduction } from '../run/index.ts'
import type { Task } from '../task/index.ts'
import type {
  RedGreenReport,
  SortedFailure,
  StrengthReport,
  TestDelta,
  VerificationProfile,
  VerificationReport,
} from '../verification/index.ts'
import type { ApprovalSummary, DecisionSummary, LedgerLine, NetworkSummary } from './summaries.ts'

export { allowedModels, approvalSummary, decisionSummary, ledgerLine, networkSummary } from './summaries.ts'

/** The twelve versions without which an outcome cannot be investigated later. */
export interface Versions {
  readonly agent_runtime: string
  readonly prompt_contract: string
  readonly system_prompt: string
  readonly tool_schema: string
  readonly verifier_profile: string
  readonly policy: string
  readonly sandbox_image: string
  readonly model_router: string
  readonly repository_base_sha: string
  readonly context_manifest: string
  readonly judge_rubric: string
  readonly redaction_policy: string
}

/** What a judge said, as far as a packet repeats it. */
interface JudgementSummary {
  readonly verdict: string
  readonly confidence: string
  readonly required_human_attention: readonly string[]
  readonly report_sha256: string | null
}

/** A stored artifact by its content. */
interface PacketArtifact {
  readonly kind: string
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}

/** Everything on record about a run when its packet is sealed. */
export interface RunEvidence {
  readonly run_id: string
  readonly task: Task
  /** The end the run is about to reach. */
  readonly outcome: { readonly state: EndState; readonly summary: string; readonly diagnosis: Diagnosed | null }
  readonly base: {
    readonly commit: string
    readonly tree: string
    readonly ref: string
    readonly repository: string
  } | null
  readonly head: { readonly tree: string; readonly commit: string | null; readonly branch: string | null } | null
  readonly change: {
    readonly files: readonly FileChange[]
    readonly stat: DiffStat
    readonly patch_sha256: string | null
  }
  readonly plan: Plan | null
  /** The platform's last reading of its risk; absent: there was none, or the packet is from before it was kept here. */
  readonly risk?: Omit<RiskReading, 'facts'>
  readonly decisions: readonly DecisionSummary[]
  readonly steps: readonly LedgerLine[]
  readonly reproduction: Reproduction | null
  readonly verification: {
    readonly before: VerificationReport | null
    readonly after: VerificationReport | null
    readonly delta: TestDelta | null
    /** Whose each failure of `after` is; absent here and below: nobody looked, or the packet is from before it was kept. */
    readonly failures?: readonly SortedFailure[]
    readonly red_green?: RedGreenReport
  }
  /** The plan by risk, and how strong the tests are; absent: no proposed tree was verified. */
  readonly strength?: StrengthReport
  readonly verdicts: readonly Verdict[]
  /** Each check over the change by name; absent: there was no change, or the packet is from before it was kept here. */
  readonly boundary?: BoundaryReport
  /** What the model was shown that reads like orders or hides something, a sentence each; absent: nothing did. */
  readonly context_flags?: readonly string[]
  readonly judgement: JudgementSummary | null
  readonly costs: { readonly limits: BudgetLimits; readonly use: BudgetUse; readonly unknown_calls: number }
  /** Secrets that turned up and were cut out. */
  readonly incidents: readonly Incident[]
  readonly versions: Versions
  readonly artifacts: readonly PacketArtifact[]
  readonly started_at: string
  /** When the packet was sealed; absent: not kept. */
  readonly sealed_at?: string
  /** Null: the run belongs to none. Absent here and below: the packet is from before it was kept. */
  readonly campaign?: string | null
  /** Null: no sandbox was chosen. */
  readonly network?: NetworkSummary | null
  /** Hash over every policy that held for the run; null: it ended before any did. */
  readonly effective_policy_sha256?: string | null
  /** Models the run was allowed to ask, as `provider:model`. */
  readonly allowed_models?: readonly string[]
  /** The profile that verified, whole, so that it can be run again; null: none was found. */
  readonly profile?: VerificationProfile | null
  readonly approvals?: readonly ApprovalSummary[]
}

/** The ten questions a finished run must answer. */
export const QUESTIONS = [
  'what_was_asked',
  'what_scope_was_agreed',
  'what_changed',
  'why_it_is_right',
  'what_proves_it',
  'what_risk_is_left',
  'who_approved',
  'what_was_not_done',
  'how_to_roll_back',
  'where_the_trace_is',
] as const

export type Question = (typeof QUESTIONS)[number]

/** The form of packets that are made now; v1 was not signed, and stays readable. */
export const PACKET_SCHEMA = 'gander.evidence/v2'

/** The sealed evidence of a run; `answers` says in words what the rest proves. */
export interface EvidencePacket {
  readonly schema: 'gander.evidence/v1' | typeof PACKET_SCHEMA
  readonly answers: Readonly<Record<Question, readonly string[]>>
  readonly evidence: RunEvidence
}
