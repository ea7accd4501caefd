import { canonicalJson } from '#domain/json'
import type { ModelCallRecord, PolicyDecision, PullRequestLink, RunArtifact, ToolCallRecord } from '#ports'
import { plain, plainOrNull, type StoreContext } from './store-context.ts'

/** What is recorded beside a run, its step and its events. */
export interface RunRecords {
  readonly artifacts: readonly RunArtifact[]
  readonly decisions: readonly PolicyDecision[]
  readonly pull_requests: readonly PullRequestLink[]
  readonly tool_call?: ToolCallRecord | undefined
  readonly model_call?: ModelCallRecord | undefined
  /** The step they came from. */
  readonly step_n?: number | undefined
}

/** Rows of records by their kind; a kind without rows is absent. */
export interface RecordParts {
  readonly [kind: string]: readonly object[]
}

/** What `add_records` takes for one run; null where there is nothing. */
export function recordParts(store: StoreContext, records: RunRecords): RecordParts | null {
  const step_n = records.step_n ?? null
  const { tool_call, model_call } = records
  const parts = {
    ...(tool_call !== undefined && { tool_calls: [toolCallRow(store, tool_call, step_n)] }),
    ...(model_call !== undefined && { model_calls: [modelCallRow(model_call, step_n)] }),
    ...(records.artifacts.length > 0 && {
      artifacts: records.artifacts.map((artifact) => artifactRow(store, artifact, step_n)),
    }),
    ...(records.decisions.length > 0 && { decisions: records.decisions.map(decisionRow) }),
    ...(records.pull_requests.length > 0 && { pull_requests: records.pull_requests.map(pullRequestRow) }),
  }
  return Object.keys(parts).length === 0 ? null : parts
}

const toolCallRow = (store: StoreContext, call: ToolCallRecord, step_n: number | null) => ({
  id: store.identifiers.make('tool_call'),
  step_n,
  tool: plain(call.tool),
  tool_version: plain(call.tool_version),
  args_sha256: call.args_sha256,
  status: call.status,
  rule: plainOrNull(call.rule),
  duration_ms: call.duration_ms,
})

const modelCallRow = (call: ModelCallRecord, step_n: number | null) => ({
  step_n,
  call_key: plain(call.call_key),
  provider: plain(call.provider),
  model: plain(call.model),
  phase: plain(call.phase),
  outcome: plain(call.outcome),
  input_tokens: call.input_tokens,
  output_tokens: call.output_tokens,
  cost_usd: call.cost_usd,
  duration_ms: call.duration_ms,
})

const artifactRow = (store: StoreContext, artifact: RunArtifact, step_n: number | null) => ({
  id: store.identifiers.make('artifact'),
  step_n,
  kind: plain(artifact.kind),
  name: plain(artifact.name),
  sha256: artifact.sha256,
  bytes: artifact.bytes,
  data_class: artifact.data_class,
})

/** A decision as the database takes it. */
export const decisionRow = (decision: PolicyDecision) => ({
  decision_id: decision.decision_id,
  answer: decision.answer,
  action: plain(decision.action),
  args_hash: decision.args_hash,
  requested: canonicalJson(decision.requested),
  matched_rules: canonicalJson(decision.matched_rules),
  explanation: plain(decision.explanation),
  policy_version: plain(decision.policy_version),
})

const pullRequestRow = (link: PullRequestLink) => ({
  url: plain(link.url),
  number: link.number,
  branch: plain(link.branch),
  head_commit: link.head_commit,
  idempotency_key: plain(link.idempotency_key),
})
