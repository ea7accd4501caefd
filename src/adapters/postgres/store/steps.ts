import { exhausted, type BudgetLimits, type BudgetUse, type BudgetVerdict } from '#domain/budget'
import type { RunId, TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'
import type { Lease } from '#domain/run'
import type { PolicyDecision, StepIntent, StepKind, StepRecord, WriteRefusal } from '#ports'
import type { Pool } from 'pg'
import { readBudget } from './budgets.ts'
import { scopeExhausted, scopeRefusal } from './scope-budgets.ts'
import { decisionOf } from './read-runs.ts'
import { decisionRow } from './run-records.ts'
import { query, queryOf, type TenantContext } from './store-context.ts'
import { leaseRefusal } from './write-run.ts'

/** A row of `begin_steps`. */
export interface StepRow extends Omit<StepRecord, 'decision'> {
  readonly run: RunId
  readonly status: 'recorded' | 'budget_exhausted'
  /** The decision an open intent already had. */
  readonly decision: PolicyDecision | null
}

const BEGIN = { name: 'begin_steps', text: 'select * from gander.begin_steps($1, $2, $3)' }
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

/** An intent of one run, as the database takes it. */
export interface IntentPart {
  readonly intent: { readonly run: RunId } & Readonly<Record<string, string | number | boolean>>
  readonly decision: object | undefined
}

/** Records intents of different runs of a tenant in one statement; undefined for a run whose lease is another's. */
export async function sendIntents(
  pool: Pool,
  tenant: TenantId,
  parts: readonly IntentPart[],
): Promise<readonly (StepRow | undefined)[]> {
  const decisions = parts.flatMap(({ intent, decision }) =>
    decision === undefined ? [] : [{ run: intent.run, ...decision }],
  )
  const values = [
    tenant,
    JSON.stringify(parts.map(({ intent }) => intent)),
    decisions.length === 0 ? null : JSON.stringify(decisions),
  ]
  const rows = await query<StepRow>(pool, BEGIN, values)
  const begun = new Map(rows.map((row) => [row.run, row]))
  return parts.map(({ intent }) => begun.get(intent.run))
}

/** What recording of intents goes by. */
export interface StepContext extends TenantContext {
  readonly begin: (part: IntentPart) => Promise<StepRow | undefined>
}

/** Records an intent with its reservation and decision, or finds what its key has; one round trip. */
export async function beginStep(
  store: StepContext,
  run: RunId,
  lease: Lease,
  intent: StepIntent,
): Promise<Result<StepRecord, WriteRefusal | BudgetRefusal>> {
  const reserve = intent.reserve_usd ?? 0
  const begun = await store.begin(intentPart(store, run, lease, intent)).catch(scopeRefusal)
  if (begun !== undefined && 'scope' in begun)
    return refuse({ code: 'budget_exhausted', message: scopeExhausted(begun), verdict: begun })
  const row = begun
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

const intentPart = (store: TenantContext, run: RunId, lease: Lease, intent: StepIntent): IntentPart => ({
  intent: {
    run,
    worker: lease.worker,
    fence: lease.fence,
    key: intent.key,
    kind: intent.kind,
    request_sha256: store.sha256(canonicalJson(intent.request)),
    reserve: intent.reserve_usd ?? 0,
    counted: COUNTED.has(intent.kind),
  },
  decision: intent.decision === undefined ? undefined : decisionRow(intent.decision),
})

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
