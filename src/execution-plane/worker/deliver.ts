import type { EventDraft } from '#domain/event'
import type { EvidencePacket } from '#domain/packet'
import type { RunMode } from '#domain/task'
import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { PullRequestLink } from '#ports'
import { need, type Ending, type Execution } from './execution.ts'
import { sealPacket } from './seal-packet.ts'

/** What a run hands over when it stands: a packet in every mode, a branch or a draft pull request where asked. */
export async function deliver(
  execution: Execution,
): Promise<Ending | { readonly summary: string; readonly packet_sha256: string }> {
  const { run, found, journal } = execution
  const summary = found.summary === '' ? `Planned: ${found.plan?.objective ?? ''}` : found.summary
  if (run.mode === 'analysis_only' || run.mode === 'dry_run_patch') {
    const { sha256 } = await sealPacket(execution, { state: 'completed', summary, diagnosis: null })
    return { summary, packet_sha256: sha256 }
  }
  const refused = await publicationAllowed(execution, run.mode)
  if (refused !== undefined) return refused
  if (run.mode === 'draft_pr')
    await journal.advance('pr_preparing', { gates: { judge: found.verdicts.get('judge')?.answer ?? 'unavailable' } })
  await planPublication(execution)
  const sealed = await sealPacket(execution, { state: 'completed', summary, diagnosis: null })
  const link = await publish(execution, run.mode, sealed)
  if (run.mode === 'draft_pr')
    await journal.advance(
      'pr_created',
      { branch: link.branch, pull_request: link.url, packet_sha256: sealed.sha256 },
      { pull_request: link },
    )
  return { summary, packet_sha256: sealed.sha256 }
}

async function publicationAllowed(
  { parts, run, task, journal, found }: Execution,
  mode: RunMode,
): Promise<Ending | undefined> {
  const action = mode === 'draft_pr' ? 'pull_request.open' : 'branch.push'
  const requested = { action, repository: task.repository, tree: found.change?.head_tree ?? null, draft: true }
  const answer = await journal.perform({ key: `policy:${action}`, kind: 'gate', request: requested }, async () => {
    const decision = parts.policy.decide({
      action,
      run_id: run.id,
      state: 'judging',
      paths: (found.change?.files ?? []).map((file) => file.path),
      argv: [],
      scope: task.scope,
      args_hash: createHash('sha256').update(canonicalJson(requested)).digest('hex'),
      facts: { ...requested, mode },
    })
    return { value: { answer: decision.answer, explanation: decision.explanation }, decision }
  })
  if (answer.answer === 'allow') return undefined
  const what = 'Policy does not allow the publication.'
  return { kind: 'end', state: 'blocked_policy', failure: 'policy_violation', what, why: answer.explanation }
}

async function planPublication(execution: Execution): Promise<void> {
  const { parts, run, task, found, journal } = execution
  const tree = need(execution, 'change').head_tree
  const timestamp = Math.floor(Date.parse(execution.created_at) / 1000)
  const made = await journal.perform({ key: 'publication:plan', kind: 'publication', request: { tree } }, async () => ({
    value: {
      ...(await parts.publisher.prepare({
        run_id: run.id,
        task,
        repository: need(execution, 'repository'),
        tree,
        summary: found.summary,
        timestamp,
      })),
    },
  }))
  found.publication = made
}

async function publish(
  execution: Execution,
  mode: 'local_branch' | 'draft_pr',
  sealed: { readonly packet: EvidencePacket; readonly sha256: string },
): Promise<PullRequestLink> {
  const { parts, journal } = execution
  const plan = need(execution, 'publication')
  const request = { mode, key: plan.idempotency_key, commit: plan.commit }
  return journal.perform({ key: 'publication:publish', kind: 'publication', request }, async () => {
    const repository = need(execution, 'repository')
    const link = await parts.publisher.publish({
      plan,
      mode,
      repository,
      packet: sealed.packet,
      packet_sha256: sealed.sha256,
    })
    const pushed: EventDraft = {
      event: 'branch_pushed',
      facts: { branch: link.branch, commit: link.head_commit, remote: repository.source.repository },
    }
    const opened: EventDraft = {
      event: 'pr_opened',
      facts: { pr_url: link.url, branch: link.branch, evidence_hash: sealed.sha256 },
    }
    return { value: { ...link }, events: mode === 'draft_pr' ? [pushed, opened] : [pushed] }
  })
}
