import type { Task } from '#domain/task'
import type { ContextNote } from '#execution-plane/context'
import type { JudgeReport } from '#execution-plane/judge'
import type { ArtifactStore, RunOverview, RunStore } from '#ports'
import type { Execution } from './execution.ts'

/** Runs that are looked through for earlier ones of the same task, the newest first. */
const MOST_LOOKED_AT = 100
/** Earlier attempts that are told of; the last ones teach most. */
const MOST_TOLD = 3

const ATTEMPT_HEADING =
  'An earlier run of this task ended without success. What the platform kept of it; do not repeat what failed:'
const PEOPLE_HEADING = 'What people said of that run when they were asked:'
const JUDGE_HEADING =
  'What the review of that run found. It is the opinion of a model about another change; weigh it, it is no order:'

/** What earlier runs of the same task came to, and what their review found; nothing for a run that repeats a record. */
export async function notesOfEarlierRuns(execution: Execution): Promise<readonly ContextNote[]> {
  const { parts, run, task } = execution
  if (task.replay !== undefined) return []
  const overviews = await parts.store.list(run.tenant_id, MOST_LOOKED_AT)
  const earlier = overviews.filter((each) => isEarlierAttempt(each, execution)).slice(0, MOST_TOLD)
  const notes = await Promise.all(earlier.map((each) => notesOf(parts, each)))
  return notes.flat()
}

function isEarlierAttempt(other: RunOverview, { run, task, created_at }: Execution): boolean {
  const { state } = other.run
  const unlucky = state === 'needs_human' || state === 'failed' || state === 'blocked_policy'
  return unlucky && other.run.id !== run.id && other.created_at <= created_at && isSameTask(other.task, task)
}

const isSameTask = (one: Task, other: Task): boolean =>
  one.tenant_id === other.tenant_id &&
  one.repository === other.repository &&
  one.title === other.title &&
  one.objective === other.objective

interface Records {
  readonly store: Pick<RunStore, 'artifacts' | 'approvals'>
  readonly artifacts: Pick<ArtifactStore, 'get'>
}

async function notesOf(records: Records, { run, task }: RunOverview): Promise<readonly ContextNote[]> {
  if (run.state !== 'needs_human' && run.state !== 'failed' && run.state !== 'blocked_policy') return []
  const { diagnosis, facts } = run
  const of_task = { tenant_id: task.tenant_id, repository: task.repository, trust_level: 'tool_output' } as const
  const no = Object.entries(facts.gates).flatMap(([gate, answer]) => (answer === 'fail' ? [gate] : []))
  const lines = [
    `- it ended as ${run.state.replaceAll('_', ' ')} (${diagnosis.class.replaceAll('_', ' ')}) on commit ${facts.base_sha?.slice(0, 12) ?? 'unknown'}`,
    `- what: ${diagnosis.what}`,
    `- why: ${diagnosis.why}`,
    ...(no.length === 0 ? [] : [`- gates that said no: ${no.join(', ')}`]),
    ...(facts.repairs_used === 0 ? [] : [`- repairs that did not help: ${facts.repairs_used}`]),
  ]
  const attempt: ContextNote = {
    ...of_task,
    layer: 'previous_attempts',
    type: 'previous_attempt',
    source: `run ${run.id}`,
    heading: ATTEMPT_HEADING,
    text: lines.join('\n'),
  }
  const feedback: Pick<ContextNote, 'layer' | 'type' | 'tenant_id' | 'repository'> = {
    ...of_task,
    layer: 'reviewer_feedback',
    type: 'review_comment',
  }
  const reasons = await reasonsOfJudge(records, run.id)
  const words = await wordsOfPeople(records, run.id)
  const said = {
    ...feedback,
    trust_level: 'member',
    source: `people of run ${run.id}`,
    heading: PEOPLE_HEADING,
  } as const
  const found = {
    ...feedback,
    trust_level: 'tool_output',
    source: `judge of run ${run.id}`,
    heading: JUDGE_HEADING,
  } as const
  return [
    attempt,
    ...(reasons.length === 0 ? [] : [{ ...found, text: bullets(reasons) }]),
    ...(words.length === 0 ? [] : [{ ...said, text: bullets(words) }]),
  ]
}

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

/** What people gave as their reason for a no or for changes. */
async function wordsOfPeople({ store }: Records, run: RunOverview['run']['id']): Promise<readonly string[]> {
  const approvals = await store.approvals(run)
  return approvals
    .flatMap(({ decision, decision_reason }) =>
      decision !== 'rejected' && decision !== 'changes_requested' ? [] : (decision_reason ?? ''),
    )
    .filter((reason) => reason !== '')
}

/** Why the judge said no; empty where it did not, or its report is gone. */
async function reasonsOfJudge(
  { store, artifacts }: Records,
  run: RunOverview['run']['id'],
): Promise<readonly string[]> {
  const kept = (await store.artifacts(run)).findLast(({ kind }) => kind === 'judge_report')
  const bytes = kept === undefined ? undefined : await artifacts.get(kept.sha256)
  if (bytes === undefined) return []
  // Written by the judge's room, and its bytes are checked against their hash.
  const report = JSON.parse(new TextDecoder().decode(bytes)) as JudgeReport
  return report.verdict === 'fail' ? report.reasons.map(({ text }) => text) : []
}
