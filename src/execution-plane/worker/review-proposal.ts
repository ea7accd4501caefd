import { diffStat } from '#domain/change'
import { redactionEvents } from '#domain/event'
import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type { ReviewReport } from '#domain/review'
import { checkChange } from '#execution-plane/patch'
import { askReviewer, reviewChange } from '#execution-plane/review'
import { askPolicy } from './ask-policy.ts'
import { capabilityOpen } from './capability-open.ts'
import { gateAnswered, keep, need, type Ending, type Execution } from './execution.ts'
import { drawSecret, openRepository, runPreparation } from './prepare.ts'
import { readRiskOfChange, readRiskOfTask } from './risk.ts'
import { bindPolicy } from './run-policy.ts'

/** Policy is asked and both commits are opened; nothing of the repository is run, so there is no sandbox. */
export async function prepareReview(execution: Execution): Promise<Ending | undefined> {
  const refused = (await askPolicy(execution, runPreparation(execution))) ?? (await capabilityOpen(execution))
  if (refused !== undefined) return refused
  await execution.journal.advance('preparing', { policy_allows: true })
  await openRepository(execution)
  const closed = await bindPolicy(execution)
  if (closed !== undefined) return closed
  await readRiskOfTask(execution)
  await drawSecret(execution)
  return undefined
}

/** What checks find, what a model finds after them, and one report of both. */
export async function reviewProposal(execution: Execution): Promise<Ending | undefined> {
  const { task, found, journal } = execution
  const { head, evidence, earlier, compared: asked_for } = task.review ?? missing()
  const repository = need(execution, 'repository')
  const { commit, tree, ref } = repository.source
  const compared = asked_for ?? { way: 'trees', base: ref, base_commit: commit }
  await journal.advance('planning', { base_sha: commit, base_tree: tree })
  const change = await repository.diff(tree, head.tree)
  found.change = change
  if (change.files.length === 0)
    return {
      kind: 'end',
      state: 'needs_human',
      failure: 'nothing_changed',
      what: 'There is nothing to review.',
      why:
        compared.way === 'merge_base'
          ? `${head.ref} changes nothing since the commit ${commit.slice(0, 12)}, which it has in common with ${ref}.`
          : `${head.ref} has the same files as ${ref}.`,
    }
  await readRiskOfChange(execution, 0)
  const verdicts = await checked(execution)
  for (const verdict of verdicts) found.verdicts.set(verdict.gate, verdict)
  const model = await asked(execution, verdicts)
  const paths = (await repository.listFiles(head.tree)).map(({ path }) => path)
  const sides = { base: { commit, tree }, head: { commit: head.commit, tree: head.tree } }
  await told(execution, reviewChange({ ...sides, compared, change, verdicts, paths, evidence, earlier, model }))
  return undefined
}

async function checked(execution: Execution): Promise<readonly Verdict[]> {
  const { parts, run, task, journal } = execution
  const change = need(execution, 'change')
  const request = { tree: change.head_tree, policy: parts.policy.version }
  const value = await journal.perform({ key: 'review:checks', kind: 'gate', request }, async () => {
    const verdicts = await checkChange({
      task,
      run_id: run.id,
      state: 'verifying',
      change,
      refused: [],
      repository: need(execution, 'repository'),
      policy: parts.policy,
      redactor: parts.redactor,
    })
    return { value: verdicts as unknown as Json, events: verdicts.map(gateAnswered) }
  })
  // What is on record under this key was put there above.
  return value as unknown as readonly Verdict[]
}

async function asked(execution: Execution, verdicts: readonly Verdict[]) {
  const { parts, run, task, journal, signal } = execution
  const { agent } = task
  if (agent.kind === 'transform') return null
  return askReviewer(
    {
      run_id: run.id,
      tenant_id: run.tenant_id,
      task_class: task.capability,
      model: agent.model,
      fallback: agent.kind === 'native' ? agent.fallback : null,
      gateway: parts.gateway,
      prices: parts.prices,
      clock: parts.clock,
      redactor: parts.redactor,
      journal,
      signal,
      budget: () => journal.budget(),
      sign: need(execution, 'sign'),
      purpose: task.objective,
    },
    { change: need(execution, 'change'), verdicts },
  )
}

async function told(execution: Execution, report: ReviewReport): Promise<void> {
  const { parts, found, journal } = execution
  const request = { tree: report.head.tree, model: report.model === null ? null : { ...report.model } }
  const blockers = report.findings.filter(({ severity }) => severity === 'blocker').length
  found.plan_sha256 = await journal.perform({ key: 'review:report', kind: 'gate', request }, async () => {
    const redacted = await parts.redactor.redact(JSON.stringify(report))
    const kept = await keep(execution, 'review_report', 'review.json', redacted.text)
    const facts = { findings: report.findings.length, blockers, report_hash: kept.sha256 }
    return {
      value: kept.sha256,
      artifacts: [kept],
      events: [{ event: 'change_reviewed', facts }, ...redactionEvents('review', redacted)],
    }
  })
  const { files } = diffStat(need(execution, 'change').files)
  const count = report.findings.length
  found.summary = `Reviewed ${files} changed ${files === 1 ? 'file' : 'files'}: ${count === 0 ? 'no finding' : `${count} ${count === 1 ? 'finding' : 'findings'}, ${blockers} of them blocking`}.`
}

function missing(): never {
  throw new Error('a review is asked for that the task does not name')
}
