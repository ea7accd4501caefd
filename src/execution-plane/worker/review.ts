import { diffStat } from '#domain/change'
import type { Verdict } from '#domain/gate'
import { compareTests } from '#domain/verification'
import { judge, notRequired } from '#execution-plane/judge'
import { gateAnswered, need, type Execution } from './execution.ts'
import { heldToReviewNumbers } from './level-numbers.ts'

/** The judge reads contract, diff and reports; it can hold a change back, never let one through that a check refused. */
export async function review(execution: Execution, round: number): Promise<Verdict> {
  const { task, found, journal } = execution
  const said = task.agent.kind === 'transform' ? notRequired(task.agent.rule) : await ask(execution, round)
  const verdict = heldToReviewNumbers(execution, said)
  found.verdicts.set('judge', verdict)
  const facts = {
    verdict: verdict.answer,
    rubric_version: found.judgement?.rubric_version ?? 'none',
    report_hash: found.judge_sha256 ?? null,
  }
  await journal.perform(
    { key: `gate:judge:${round}`, kind: 'gate', request: { tree: need(execution, 'change').head_tree } },
    async () => ({
      value: verdict.answer,
      events: [{ event: 'judge_executed', facts }, gateAnswered(verdict)],
    }),
  )
  return verdict
}

async function ask(execution: Execution, round: number): Promise<Verdict> {
  const { parts, run, task, found, journal, signal } = execution
  if (task.agent.kind === 'transform') return notRequired(task.agent.rule)
  const before = need(execution, 'before')
  const after = need(execution, 'after')
  const proposal = need(execution, 'change')
  const answer = await judge({
    run_id: run.id,
    tenant_id: run.tenant_id,
    task,
    round,
    change: proposal,
    stat: diffStat(proposal.files),
    before,
    after,
    delta: compareTests(before, after),
    verdicts: [...found.verdicts.values()],
    summary: found.summary,
    model: task.agent.model,
    fallback: task.agent.kind === 'native' ? task.agent.fallback : null,
    gateway: parts.gateway,
    prices: parts.prices,
    clock: parts.clock,
    artifacts: parts.artifacts,
    redactor: parts.redactor,
    journal,
    sign: need(execution, 'sign'),
    signal,
  })
  if (answer.report !== null) found.judgement = answer.report
  found.judge_sha256 = answer.report_sha256
  return answer.verdict
}
