import type { RunId, TenantId } from '#domain/ids'
import type { Plan, PlanDefect } from '#domain/plan'
import type { Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import type {
  ArtifactStore,
  CapturedTree,
  Clock,
  Identifiers,
  Policy,
  Redactor,
  RunRepository,
  Sandbox,
  StepJournal,
  WantedLeave,
  WorkspaceFiles,
} from '#ports'

/** The one run that tools are bound to. */
export interface ToolHost {
  readonly run_id: RunId
  readonly tenant_id: TenantId
  readonly task: Task
  readonly journal: StepJournal
  readonly sandbox: Sandbox
  /** No command of the agent takes longer, as the sandbox profile says; absent: as the shell tool says. */
  readonly longest_command_seconds?: number
  readonly repository: RunRepository
  /** Id of the tree as it stood after the last recorded step. */
  tree(): string
  /** Captures the workspace as a tree; called after every act that may have changed it. */
  checkpoint(): Promise<CapturedTree>
  /** Runs the task's verification on the current tree in a clean sandbox; `text` is its short form for a model. */
  verify(): Promise<{ readonly report: VerificationReport; readonly text: string }>
  readonly signal: AbortSignal
  /** Asked before each act; throws where the run may not act any more. Absent means that it always may. */
  leave?(): Promise<void>
  /** The approval in which a person said yes to a call that policy lets a person decide; absent: nobody is asked. */
  readonly agreement?: AskAgreement
  readonly clock: Clock
}

/** What a person would be asked about one call. */
export interface CallAgreement extends WantedLeave {
  /** The key of the call's step. */
  readonly key: string
}

/** Takes up a person's yes to exactly this, once; undefined where there is none yet. */
export type AskAgreement = (asked: CallAgreement) => Promise<string | undefined>

/** What the gateway needs of the installation. */
export interface ToolGatewayDependencies {
  readonly policy: Policy
  readonly redactor: Redactor
  readonly artifacts: ArtifactStore
  readonly identifiers: Identifiers
  readonly files: (tree: Sandbox['tree']) => WorkspaceFiles
  /** Quality rules of plans; absent means those of the domain alone. */
  readonly checkPlan?: (plan: Plan) => readonly PlanDefect[]
}
