import type { EventDraft } from '#domain/event'
import { GanderError, isGanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import { queuedRun, type Run } from '#domain/run'
import type { Submission, SubmissionKey } from '#ports'
import { eventRows, PLATFORM } from './ledger-events.ts'
import { loadOverview } from './read-runs.ts'
import { detailOf, runOf, type RunRow } from './run-row.ts'
import { plain, plainOrNull, queryOf, type TenantContext } from './store-context.ts'

/** One statement, hence one transaction; request and task may be there already from an earlier run of the task. */
const SUBMIT = {
  name: 'submit_run',
  text: `with asked as (
    insert into gander.request (tenant_id, id, source, source_url, requester, repository, title, said)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
  ), agreed as (
    insert into gander.task (tenant_id, id, request_id, repository, title, capability, mode, contract)
    values ($1, $9, $2, $10, $11, $12, $13, $14) on conflict do nothing
  ), queued as (
    insert into gander.run (tenant_id, id, task_id, mode, is_fix, state, version, fence, attempts, max_attempts, facts,
      detail)
    values ($1, $15, $9, $16, $17, 'queued', 1, 0, 0, $18, $19, $20) returning *
  ), granted as (
    insert into gander.budget (tenant_id, run_id, max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs)
    values ($1, $15, $21, $22, $23, $24, $25)
  ), keyed as (
    insert into gander.submission_key (tenant_id, principal_id, key, request_sha256, run_id)
    select $1, $27, $28, $29, $15 where $28::text is not null
  )
  select queued.*, gander.append_events($1, $15, 'queued', $26) from queued`,
}

/** Records request, task and queued run with their events; of two with one key the second gets the first one's run. */
export async function submitRun(store: TenantContext, submission: Submission): Promise<Run> {
  try {
    return await insertRun(store, submission)
  } catch (error) {
    const taken = submission.once !== undefined && isGanderError(error) && error.facts['sqlstate'] === UNIQUE_VIOLATION
    const made = taken ? await submittedRun(store, submission.once) : undefined
    const known = made === undefined ? undefined : await loadOverview(store, made)
    if (known === undefined) throw error
    return known.run
  }
}

const UNIQUE_VIOLATION = '23505'
const KEY = {
  name: 'submission_of_key',
  text: `select run_id, request_sha256 from gander.submission_key
    where tenant_id = $1 and principal_id = $2 and key = $3`,
}

/** The run that a key made; undefined where it is new. */
export async function submittedRun(store: TenantContext, key: SubmissionKey): Promise<RunId | undefined> {
  const values = [key.tenant_id, key.principal_id, plain(key.key)]
  const [row] = await queryOf<{ run_id: RunId; request_sha256: string }>(store, KEY, values)
  if (row === undefined || row.request_sha256 === key.request_sha256) return row?.run_id
  throw new GanderError(
    'idempotency_conflict',
    `The key ${key.key} was used for another request, which made ${row.run_id}.`,
  )
}

async function insertRun(store: TenantContext, { request, task, run, events, once }: Submission): Promise<Run> {
  const queued = queuedRun(run)
  const scheduled: EventDraft = { event: 'run_scheduled', facts: { task_id: task.id } }
  const drafts = events.some((draft) => draft.event === 'run_scheduled') ? events : [...events, scheduled]
  const { max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs } = task.limits
  const [row] = await queryOf<RunRow>(
    store,
    SUBMIT,
    [
      [run.tenant_id, request.id, request.source, plainOrNull(request.source_url), plain(request.requester)],
      [plain(request.repository), plain(request.title), JSON.stringify(request)],
      [task.id, plain(task.repository), plain(task.title), plain(task.capability), task.mode, JSON.stringify(task)],
      [run.id, run.mode, run.is_fix, run.max_attempts, JSON.stringify(queued.facts), JSON.stringify(detailOf(queued))],
      [max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs],
      [eventRows(store, drafts, run.id, PLATFORM)],
      [once?.principal_id ?? null, plainOrNull(once?.key), once?.request_sha256 ?? null],
    ].flat(),
  )
  if (row === undefined) throw new Error('an inserted run was not returned')
  return runOf(row)
}
