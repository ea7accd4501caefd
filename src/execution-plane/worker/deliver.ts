import { redactionEvents, type EventDraft } from '#domain/event'
import type { EvidencePacket } from '#domain/packet'
import type { RunFacts } from '#domain/run'
import type { RunMode } from '#domain/task'
import type { PullRequestLink } from '#ports'
import { approvalGate } from './approval-gate.ts'
import { askPolicy } from './ask-policy.ts'
import { evidenceOwed } from './capability-evidence.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { learn } from './learn.ts'
import { publicationTooLarge } from './level-numbers.ts'
import { sealPacket } from './seal-packet.ts'

/** What stands behind a completed run. */
export interface Delivered {
  readonly summary: string
  readonly packet_sha256: string
  readonly evidence: Partial<RunFacts>
}

/** What a run hands over when it stands: a packet in every mode, a branch or a draft pull request where asked. */
export async function deliver(execution: Execution): Promise<Ending | Delivered> {
  const { run, found, journal } = execution
  const summary = found.summary === '' ? `Planned: ${found.plan?.objective ?? ''}` : found.summary
  const evidence = evidenceOf(execution)
  const owed = evidenceOwed(execution)
  if (owed !== undefined) return owed
  await learn(execution)
  if (run.mode === 'analysis_only' || run.mode === 'dry_run_patch') {
    const { sha256 } = await sealPacket(execution, { state: 'completed', summary, diagnosis: null })
    return { summary, packet_sha256: sha256, evidence }
  }
  const too_large = publicationTooLarge(execution)
  if (too_large !== undefined) return too_large
  if (run.mode === 'draft_pr') await journal.advance('pr_preparing', evidence)
  await planPublication(execution)
  const refused = (await approvalGate(execution)) ?? (await publicationAllowed(execution, run.mode))
  if (refused !== undefined) return refused
  const sealed = await sealPacket(execution, { state: 'completed', summary, diagnosis: null })
  const link = await publish(execution, run.mode, sealed)
  const published = { branch: link.branch, pull_request: link.url, packet_sha256: sealed.sha256 }
  if (run.mode === 'draft_pr') await journal.advance('pr_created', published, { pull_request: link })
  const landed = run.mode === 'local_branch' ? { ...evidence, branch: link.branch } : {}
  return { summary, packet_sha256: sealed.sha256, evidence: landed }
}

/** What the last move puts on record: the accepted plan or the review where nothing was edited, else what the judge said. */
function evidenceOf({ run, task, found }: Execution): Partial<RunFacts> {
  if (run.mode === 'analysis_only')
    return { plan_sha256: found.plan_sha256 ?? null, gates: task.review === undefined ? { plan: 'pass' } : {} }
  return { gates: { judge: found.verdicts.get('judge')?.answer ?? 'unavailable' } }
}

async function publicationAllowed(execution: Execution, mode: RunMode): Promise<Ending | undefined> {
  const { branch, commit } = need(execution, 'publication')
  const { base_branch: default_branch, repository } = need(execution, 'repository').source
  const facts = { mode, repository, branch, default_branch, commit, draft: true }
  const state = mode === 'draft_pr' ? 'pr_preparing' : 'judging'
  const refusal = 'Policy does not allow the publication.'
  const pushed = await askPolicy(execution, { action: 'branch.push', state, facts, refusal })
  if (pushed !== undefined || mode !== 'draft_pr') return pushed
  return askPolicy(execution, { action: 'pull_request.open', state, facts, refusal })
}

async function planPublication(execution: Execution): Promise<void> {
  const { parts, run, task, found, journal } = execution
  const tree = need(execution, 'change').head_tree
  const timestamp = Math.floor(Date.parse(execution.created_at) / 1000)
  const made = await journal.perform({ key: 'publication:plan', kind: 'publication', request: { tree } }, async () => {
    const repository = need(execution, 'repository')
    const wish = { run_id: run.id, task, repository, tree, summary: found.summary, timestamp }
    const { cut, ...plan } = await parts.publisher.prepare(wish)
    return { value: plan, events: redactionEvents('commit and title', cut) }
  })
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
  const leave = () => execution.switches.leave('publish')
  if (!journal.recorded('publication:publish')) await leave()
  return journal.perform({ key: 'publication:publish', kind: 'publication', request }, async () => {
    const repository = need(execution, 'repository')
    const { cut, ...link } = await parts.publisher.publish({
      plan,
      mode,
      repository,
      packet: sealed.packet,
      packet_sha256: sealed.sha256,
      leave,
    })
    const pushed: EventDraft = {
      event: 'branch_pushed',
      facts: { branch: link.branch, commit: link.head_commit, remote: repository.source.repository },
    }
    const opened: EventDraft = {
      event: 'pr_opened',
      facts: { pr_url: link.url, branch: link.branch, evidence_hash: sealed.sha256 },
    }
    const told = redactionEvents('pull request', cut)
    return { value: link, events: mode === 'draft_pr' ? [pushed, opened, ...told] : [pushed] }
  })
}
