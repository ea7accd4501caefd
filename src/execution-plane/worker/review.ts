import { diffStat } from '#domain/change'
import type { Verdict } from '#domain/gate'
import { compareTests } from '#domain/verification'
import { appeal, appealIn, judge, notRequired, type AppealAnswer, type JudgeRequest } from '#execution-plane/judge'
import { gateAnswered, need, type Execution } from './execution.ts'
import { heldToReviewNumbers } from './level-numbers.ts'

/**
 * The judge reads contract, diff and reports; it can hold a change back, never let one through that a check refused. An
 * agent that was sent back may appeal instead of changing anything: its summary begins with APPEAL and cites evidence.
 */
export async function review(execution: Execution, round: number): Promise<Verdict> {
  const { task, found } = execution
  if (task.agent.kind === 'transform') return onRecord(execution, notRequired(task.agent.rule), `${round}`)
  const reply = found.send_backs > 0 ? appealIn(found.summary) : undefined
  const mayAppeal = reply !== undefined && found.appealed !== true
  const said = mayAppeal && isJudged(execution) ? undefined : await held(execution, round)
  const answer = mayAppeal ? await appealed(execution, reply, round) : undefined
  return onRecord(execution, answer?.verdict ?? said ?? (await held(execution, round)), `${round}`, answer)
}

/** What the first model says, held to the figures of the run's level. */
const held = async (execution: Execution, round: number): Promise<Verdict> =>
  heldToReviewNumbers(execution, await ask(execution, round))

/** A person's appeal against the judge's no; undefined where their words are none, or one was heard before. */
export async function reviewOnAppeal(execution: Execution, words: string, round: number): Promise<Verdict | undefined> {
  const reply = appealIn(words)
  const answer = reply === undefined ? undefined : await appealed(execution, reply, round)
  return answer === undefined ? undefined : onRecord(execution, answer.verdict, `${round}:appeal`, answer)
}

/** The tree as it is was failed by a model before: asking that model again would only hear the same. */
const isJudged = ({ found }: Execution): boolean =>
  found.judged !== undefined && found.judged.tree === found.change?.head_tree && found.judged.verdict.answer === 'fail'

/** Hears an appeal once in a run, and only against what a model said no to. */
async function appealed(execution: Execution, reply: string, round: number): Promise<AppealAnswer | undefined> {
  const { found } = execution
  const request = requestOf(execution, round)
  const first = found.judged
  if (request === undefined || first === undefined || found.appealed === true || !isJudged(execution)) return undefined
  found.appealed = true
  return appeal({ ...request, first, reply })
}

async function onRecord(execution: Execution, verdict: Verdict, key: string, answer?: AppealAnswer): Promise<Verdict> {
  const { found, journal } = execution
  found.verdicts.set('judge', verdict)
  const facts = {
    verdict: verdict.answer,
    rubric_version: found.judgement?.rubric_version ?? 'none',
    report_hash: answer === undefined ? (found.judge_sha256 ?? null) : answer.report_sha256,
    ...(answer !== undefined && { appeal: answer.outcome }),
  }
  await journal.perform(
    { key: `gate:judge:${key}`, kind: 'gate', request: { tree: need(execution, 'change').head_tree } },
    async () => ({
      value: verdict.answer,
      events: [{ event: 'judge_executed', facts }, gateAnswered(verdict)],
    }),
  )
  return verdict
}

async function ask(execution: Execution, round: number): Promise<Verdict> {
  const { found } = execution
  const request = requestOf(execution, round)
  if (request === undefined) throw new Error('a transform is not judged')
  const { verdict, report, report_sha256 } = await judge(request)
  if (report !== null) {
    found.judgement = report
    found.judged = { tree: request.change.head_tree, verdict, report }
  }
  found.judge_sha256 = report_sha256
  return verdict
}

function requestOf(execution: Execution, round: number): JudgeRequest | undefined {
  const { parts, run, task, found, journal, signal } = execution
  if (task.agent.kind === 'transform') return undefined
  const before = need(execution, 'before')
  const after = need(execution, 'after')
  const proposal = need(execution, 'change')
  return {
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
    risk: found.risk,
    reproduction: found.reproduction,
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
  }
}
