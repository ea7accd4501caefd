import { diffStat, type Change } from '#domain/change'
import type { Diagnosed } from '#domain/failure'
import {
  allowedModels,
  approvalSummary,
  decisionSummary,
  ledgerLine,
  networkSummary,
  type RunEvidence,
  type Versions,
} from '#domain/packet'
import type { EvidenceSealer, RunStore, RunView } from '#ports'

/** What is needed to tell the end of a run that nobody works on. */
export interface Sealing {
  readonly store: Pick<RunStore, 'decisions' | 'events'>
  readonly sealer: EvidenceSealer
  /** Version of this program. */
  readonly version: string
  readonly redaction_policy: string
}

/** Seals the packet of a run that a person's no ends, from what is on record; returns its address. */
export async function sealRejection(
  parts: Sealing,
  view: RunView,
  { diagnosis, change }: { readonly diagnosis: Diagnosed; readonly change: Change | undefined },
): Promise<string> {
  const { run, task } = view
  const source = task.source
  const files = change?.files ?? []
  const [decisions, events] = await Promise.all([parts.store.decisions(run.id), parts.store.events(run.id, 0)])
  const evidence: RunEvidence = {
    ...UNREACHED,
    run_id: run.id,
    task,
    outcome: { state: 'blocked_policy', summary: diagnosis.what, diagnosis },
    base:
      source === undefined
        ? null
        : { commit: source.commit, tree: source.tree, ref: source.ref, repository: source.repository },
    head: change === undefined ? null : { tree: change.head_tree, commit: null, branch: null },
    change: { files, stat: diffStat(files), patch_sha256: null },
    decisions: decisions.map(decisionSummary),
    steps: view.steps.map(ledgerLine),
    costs: {
      limits: view.limits,
      use: view.use,
      unknown_calls: events.filter(({ event }) => event === 'model_call_unknown').length,
    },
    incidents: view.incidents ?? [],
    versions: versionsOf(parts, view),
    artifacts: view.artifacts.map(({ kind, name, sha256, bytes }) => ({ kind, name, sha256, bytes })),
    started_at: view.created_at,
    campaign: task.campaign_id ?? null,
    network: task.sandbox === undefined ? null : networkSummary(task.sandbox),
    allowed_models: allowedModels(task),
    approvals: (view.approvals ?? []).map(approvalSummary),
  }
  return (await parts.sealer.seal(evidence)).sha256
}

/** A run waits for leave before anything is verified or judged. */
const UNREACHED = {
  plan: null,
  reproduction: null,
  verification: { before: null, after: null, delta: null },
  verdicts: [],
  judgement: null,
} as const

function versionsOf({ version, redaction_policy }: Sealing, { task, approvals = [], run }: RunView): Versions {
  const { agent } = task
  return {
    agent_runtime: version,
    prompt_contract: 'none',
    system_prompt: 'none',
    tool_schema: 'none',
    verifier_profile: 'none',
    policy: approvals.at(-1)?.policy_version ?? 'none',
    sandbox_image: 'none',
    model_router: agent.kind === 'transform' ? 'transform' : `${agent.model.provider}:${agent.model.model}`,
    repository_base_sha: task.source?.commit ?? run.facts.base_sha ?? 'none',
    context_manifest: 'none',
    judge_rubric: 'none',
    redaction_policy,
  }
}
