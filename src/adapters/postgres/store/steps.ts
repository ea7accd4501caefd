import { exhausted, type BudgetLimits, type BudgetUse, type BudgetVerdict } from '#domain/budget'
import type { RunId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'
import type { Lease } from '#domain/run'
import type { PolicyDecision, StepIntent, StepKind, StepRecord, WriteRefusal } from '#ports'
import { readBudget } from './budgets.ts'
import { scopeExhausted, scopeRefusal } from './scope-budgets.ts'
import { decisionOf } from './read-runs.ts'
import { decisionRow } from './run-records.ts'
import { query, queryOf, type TenantContext } from './store-context.ts'
import { leaseRefusal } from './write-run.ts'

interface StepRow extends Omit<StepRecord, 'decision'> {
  readonly status: 'recorded' | 'budget_exhausted'
  /** The decision an open intent already had. */
  readonly decision: PolicyDecision | null
}

const BEGIN = { name: 'begin_step', text: 'select * from gander.begin_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)' }
const STEPS = {
  name: 'steps_of_run',
  text: `select s.n, s.key, s.kind, s.request_sha256, s.intent_at, s.outcome, s.outcome_at, s.tree, s.cost_usd
    from gander.step s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.run_id
    where r.id = $1 order by s.n`,
}

/** The agent's own steps: they count against the step limit and are refused when a budget is used up. */
const COUNTED: ReadonlySet<StepKind> = new Set<StepKind>(['model_call', 'tool_call'])

export type BudgetRefusal = {
  readonly code: 'budget_exhausted'
  readonly message: string
  /** Whose budget it is, where it is not the run's own. */
  readonly verdict?: BudgetVerdict
}

/** Records an intent with its reservation and decision, or finds what its key has; one round trip. */
export async function beginStep(
  store: TenantContext,
  run: RunId,
  lease: Lease,
  intent: StepIntent,
): Promise<Result<StepRecord, WriteRefusal | BudgetRefusal>> {
  const reserve = intent.reserve_usd ?? 0
  const begun = await query<StepRow>(store.pool, BEGIN, [
    store.tenant,
    run,
    lease.worker,
    lease.fence,
    intent.key,
    intent.kind,
    store.sha256(canonicalJson(intent.request)),
    reserve,
    COUNTED.has(intent.kind),
    intent.decision === undefined ? null : JSON.stringify(decisionRow(intent.decision)),
  ]).catch(scopeRefusal)
  if ('scope' in begun) return refuse({ code: 'budget_exhausted', message: scopeExhausted(begun), verdict: begun })
  const [row] = begun
  if (row === undefined) {
    const refusal = await leaseRefusal(store, run, lease)
    return refuse(refusal ?? { code: 'run_moved_on', message: `run ${run} was leased again at this moment` })
  }
  if (row.status === 'recorded') {
    const decision = row.decision === null ? intent.decision : decisionOf(row.decision)
    return ok({ ...stepOf(row), ...(row.outcome_at === null && decision !== undefined && { decision }) })
  }
  const { limits, use } = await readBudget(store, run)
  return refuse({ code: 'budget_exhausted', message: explain(use, limits, reserve) })
}

/** Every step of a run in order. */
export async function readSteps(store: TenantContext, run: RunId): Promise<readonly StepRecord[]> {
  const rows = await queryOf<StepRow>(store, STEPS, [run])
  return rows.map(stepOf)
}

function stepOf(row: StepRow): StepRecord {
  const { n, key, kind, request_sha256, intent_at, outcome, outcome_at, tree, cost_usd } = row
  return { n, key, kind, request_sha256, intent_at, outcome, outcome_at, tree, cost_usd }
}

function explain(use: BudgetUse, limits: BudgetLimits, reserve: number): string {
  const verdict = exhausted(use, limits, reserve)
  if (verdict === undefined) return 'the budget was used up by a step that has been settled since'
  const next = verdict.budget === 'cost' && reserve > 0 ? `, and this step may cost ${reserve} more` : ''
  return `the ${verdict.budget} budget is used up: ${verdict.used} of ${verdict.limit}${next}`
}
