import type { BudgetLimits, BudgetUse } from '#domain/budget'
import type { Json, JsonObject } from '#domain/json'
import type { Run, RunFacts } from '#domain/run'
import type { Task } from '#domain/task'
import type { RunOverview } from '#ports'

/** A row of `run` as it arrives; `detail` holds what belongs to the state alone. */
export interface RunRow {
  readonly tenant_id: string
  readonly id: string
  readonly task_id: string
  readonly mode: string
  readonly is_fix: boolean
  readonly state: string
  readonly version: number
  readonly fence: number
  readonly attempts: number
  readonly max_attempts: number
  readonly cancel_requested_by: string | null
  readonly facts: RunFacts
  readonly detail: JsonObject
  readonly worker: string | null
  readonly worker_host: string | null
  readonly worker_boot_id: string | null
  readonly worker_pid: number | null
  readonly worker_started_at: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** A run with its task and budget, as reading joins them. */
export interface OverviewRow extends RunRow, BudgetRow {
  readonly contract: Task
}

export interface BudgetRow extends BudgetLimits, BudgetUse {}

/** The run a row holds. The database's checks keep state, lease and detail together. */
export function runOf(row: RunRow): Run {
  const { tenant_id, id, task_id, mode, is_fix, state, version, fence } = row
  const { attempts, max_attempts, cancel_requested_by, facts, detail, worker } = row
  const lease = worker === null ? {} : { lease: { worker, fence } }
  const core = { id, tenant_id, task_id, mode, is_fix, version, fence, attempts, max_attempts, cancel_requested_by }
  return { ...core, facts, state, ...lease, ...detail } as unknown as Run
}

/** What `move_runs` makes of a run's row; `facts` and `detail` are JSON text. */
export interface NextRow {
  readonly state: string
  readonly version: number
  readonly fence: number
  readonly attempts: number
  readonly cancel_requested_by: string | null
  readonly facts: string
  readonly detail: string
  readonly worker: string | null
}

/** The row that holds the run. */
export function nextRow(run: Run): NextRow {
  const { state, version, fence, attempts, cancel_requested_by, facts } = run
  return {
    state,
    version,
    fence,
    attempts,
    cancel_requested_by,
    facts: JSON.stringify(facts),
    detail: JSON.stringify(detailOf(run)),
    worker: 'lease' in run ? run.lease.worker : null,
  }
}

/** What belongs to the state alone. */
export function detailOf(run: Run): JsonObject {
  const own = Object.entries<Json>(run as unknown as JsonObject).filter(([name]) => !SHARED.has(name))
  return Object.fromEntries<Json>(own)
}

const SHARED = new Set(
  'id tenant_id task_id mode is_fix state version fence attempts max_attempts cancel_requested_by facts lease'.split(
    ' ',
  ),
)

export function overviewOf(row: OverviewRow): RunOverview {
  const { contract, created_at, updated_at } = row
  return { run: runOf(row), task: contract, limits: limitsOf(row), use: useOf(row), created_at, updated_at }
}

export function limitsOf(row: BudgetLimits): BudgetLimits {
  const { max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs } = row
  return { max_cost_usd, max_minutes, max_steps, max_tokens, max_repairs }
}

export function useOf(row: BudgetUse): BudgetUse {
  const { cost_usd, reserved_usd, active_ms, steps, tokens } = row
  return { cost_usd, reserved_usd, active_ms, steps, tokens }
}
