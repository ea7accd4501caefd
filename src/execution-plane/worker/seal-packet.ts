import { diffStat } from '#domain/change'
import { incidentsOf, redactionEvents, type EventDraft } from '#domain/event'
import {
  allowedModels,
  approvalSummary,
  decisionSummary,
  ledgerLine,
  networkSummary,
  type EvidencePacket,
  type RunEvidence,
  type Versions,
} from '#domain/packet'
import { compareTests } from '#domain/verification'
import { PROMPT_CONTRACT_VERSION, SYSTEM_PROMPT_VERSION } from '#execution-plane/context'
import { RUBRIC_VERSION } from '#execution-plane/judge'
import { TOOL_SCHEMA_VERSION } from '#execution-plane/tool-gateway'
import { contextFlags } from './context-record.ts'
import type { Execution } from './execution.ts'
import { withoutFacts } from './risk.ts'

/** Seals what is on record into the run's packet, once for each way to end. */
export async function sealPacket(
  execution: Execution,
  outcome: RunEvidence['outcome'],
): Promise<{ readonly packet: EvidencePacket; readonly sha256: string }> {
  const { parts, journal } = execution
  const request = { state: outcome.state, summary: outcome.summary }
  const attempt = journal.lines().filter((line) => line.key.startsWith(`packet:${outcome.state}`)).length
  const key = outcome.state === 'completed' ? 'packet:completed' : `packet:${outcome.state}:${attempt}`
  const sealed = await journal.perform({ key, kind: 'packet', request }, async () => {
    const { sha256, artifacts, packet, cut } = await parts.sealer.seal(await gather(execution, outcome))
    const tree = packet.evidence.head?.tree ?? packet.evidence.base?.tree ?? null
    const of_packet: EventDraft = { event: 'packet_sealed', facts: { packet_hash: sha256, tree } }
    return { value: { sha256 }, artifacts, events: [of_packet, ...redactionEvents('packet', cut)] }
  })
  return { packet: await parts.sealer.open(sealed.sha256), sha256: sealed.sha256 }
}

async function gather(execution: Execution, outcome: RunEvidence['outcome']): Promise<RunEvidence> {
  const { parts, run, task, found, journal } = execution
  const [budget, decisions, artifacts, events, approvals] = await Promise.all([
    parts.store.budget(run.id),
    parts.store.decisions(run.id),
    parts.store.artifacts(run.id),
    parts.store.events(run.id, 0),
    parts.store.approvals(run.id),
  ])
  const source = found.repository?.source
  const { before = null, after = null } = found
  const files = found.change?.files ?? []
  const head = found.change
  return {
    run_id: run.id,
    task,
    outcome,
    base:
      source === undefined
        ? null
        : { commit: source.commit, tree: source.tree, ref: source.ref, repository: source.repository },
    head:
      head === undefined
        ? null
        : {
            tree: head.head_tree,
            commit: found.publication?.commit ?? null,
            branch: found.publication?.branch ?? null,
          },
    change: { files, stat: diffStat(files), patch_sha256: found.patch_sha256 ?? null },
    plan: found.plan ?? null,
    ...(found.risk && { risk: withoutFacts(found.risk) }),
    decisions: decisions.map(decisionSummary),
    steps: journal.lines().map(ledgerLine),
    reproduction: found.reproduction ?? null,
    verification: {
      before,
      after,
      delta: before !== null && after !== null ? compareTests(before, after) : null,
      ...(found.failures && { failures: found.failures }),
      ...(found.red_green && { red_green: found.red_green }),
    },
    ...(found.strength && { strength: found.strength }),
    verdicts: [...found.verdicts.values()],
    ...(found.boundary && { boundary: found.boundary }),
    ...contextFlags(events),
    judgement: judgement(execution),
    costs: { ...budget, unknown_calls: events.filter(({ event }) => event === 'model_call_unknown').length },
    incidents: incidentsOf(events),
    versions: versions(execution),
    artifacts: artifacts.map(({ kind, name, sha256, bytes }) => ({ kind, name, sha256, bytes })),
    started_at: execution.created_at,
    sealed_at: new Date(parts.clock.now()).toISOString(),
    ...permitted(execution),
    profile: found.profile ?? null,
    approvals: approvals.map(approvalSummary),
  }
}

/** What the run could reach and ask, and under which policies. */
function permitted({
  parts,
  task,
  found,
}: Execution): Pick<RunEvidence, 'campaign' | 'network' | 'effective_policy_sha256' | 'allowed_models'> {
  const { sandbox } = found
  return {
    campaign: task.campaign_id ?? null,
    network: sandbox === undefined ? null : networkSummary(sandbox),
    effective_policy_sha256: parts.run_policy?.effective.version ?? null,
    allowed_models: allowedModels(task),
  }
}

function judgement({ found }: Execution): RunEvidence['judgement'] {
  const report = found.judgement
  if (report === undefined) return null
  const { verdict, confidence, required_human_attention } = report
  return { verdict, confidence, required_human_attention, report_sha256: found.judge_sha256 ?? null }
}

function versions({ parts, task, found }: Execution): Versions {
  const { agent } = task
  return {
    agent_runtime: parts.version,
    prompt_contract: PROMPT_CONTRACT_VERSION,
    system_prompt: SYSTEM_PROMPT_VERSION,
    tool_schema: TOOL_SCHEMA_VERSION,
    verifier_profile: found.profile === undefined ? 'none' : `${found.profile.id}@${found.profile.version}`,
    policy: parts.policy.version,
    sandbox_image: found.fingerprint ?? 'none',
    model_router: agent.kind !== 'transform' ? `${agent.model.provider}:${agent.model.model}` : 'transform',
    repository_base_sha: found.repository?.source.commit ?? 'none',
    context_manifest: found.context_manifest ?? 'none',
    judge_rubric: RUBRIC_VERSION,
    redaction_policy: parts.redactor.version,
  }
}
