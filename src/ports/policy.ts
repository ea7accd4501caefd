import type { DecisionId, RunId } from '#domain/ids'
import type { JsonObject } from '#domain/json'
import type { RunState } from '#domain/run'
import type { TaskScope } from '#domain/task'

/** What is asked of policy; facts are computed by the platform, nothing an agent says is one. */
export interface PolicyQuestion {
  /** Dotted: `file.write`, `shell.exec`, `pull_request.open`, `run.prepare`. */
  readonly action: string
  readonly run_id: RunId
  readonly state: RunState
  /** Normalised repository paths the action touches. */
  readonly paths: readonly string[]
  readonly argv: readonly string[]
  readonly scope: TaskScope
  /** sha256 of the canonical arguments; the executor checks it again before it acts. */
  readonly args_hash: string
  readonly facts: JsonObject
  /** The approval in which a person said yes to exactly these arguments: what would be asked is allowed; no deny is. */
  readonly agreed?: string
}

/** The recorded answer of policy for exactly these arguments. */
export interface PolicyDecision {
  readonly decision_id: DecisionId
  readonly run_id: RunId
  readonly answer: 'allow' | 'ask' | 'deny'
  readonly action: string
  readonly args_hash: string
  readonly requested: JsonObject
  readonly matched_rules: readonly {
    readonly policy: string
    readonly rule: string
    readonly effect: 'allow' | 'ask' | 'deny'
  }[]
  /** What happened and what is allowed instead; shown to the agent. */
  readonly explanation: string
  readonly policy_version: string
}

/** Decides what may be done. Errors and missing facts mean deny. */
export interface Policy {
  /** Hash of the effective policy: one of the twelve versions. */
  readonly version: string
  /** Takes up what changed since it last looked. Absent: nothing ever does. */
  refresh?(): Promise<void>
  decide(question: PolicyQuestion): PolicyDecision
}
