import type { Json } from '#domain/json'
import { foreseeScope, recordPlan, type LikelyFile, type PlanGround, type ScopeFinding } from '#execution-plane/planner'
import { findRelevant } from '#execution-plane/repository-intelligence'
import { keep, need, type Ending, type Execution } from './execution.ts'
import { treeReader } from './prepare.ts'

const MOST_LIKELY = 10

/** Where the scope of the task is bounded, it is held against the likely files before a token is spent. */
export async function foresee(execution: Execution): Promise<Ending | undefined> {
  const { task, journal } = execution
  const { allowed_paths, forbidden_paths } = task.scope
  if (task.agent.kind === 'transform' || allowed_paths.length + forbidden_paths.length === 0) return undefined
  const repository = need(execution, 'repository')
  const request = { commit: repository.source.commit, allowed_paths, forbidden_paths }
  const value = await journal.perform({ key: 'foreseen', kind: 'context', request }, async () => {
    const likely = await likelyFiles(execution)
    const paths = (await treeReader(repository).list()).map(({ path }) => path)
    const findings = foreseeScope({ likely }, task, paths)
    const facts = {
      findings: findings.map(({ rule, severity, share }) => ({ rule, severity, share })),
      likely: likely.length,
    }
    return {
      value: { likely, findings } as unknown as Json,
      events: findings.length === 0 ? [] : [{ event: 'scope_foreseen' as const, facts }],
    }
  })
  // What is on record under this key was put there above.
  const foreseen = value as unknown as NonNullable<Execution['found']['foreseen']>
  execution.found.foreseen = foreseen
  return endingOf(foreseen.findings)
}

function endingOf(findings: readonly ScopeFinding[]): Ending | undefined {
  const refusal = findings.find(({ severity }) => severity === 'refusal')
  if (refusal === undefined) return undefined
  return { kind: 'end', state: 'needs_human', failure: 'scope_unfit', what: refusal.message, why: refusal.remedy }
}

/** Keeps the accepted plan with what the platform knows around it, for whoever looks at it before and after. */
export async function keepPlanRecord(execution: Execution): Promise<void> {
  const { found, journal, task } = execution
  const { plan, plan_sha256, profile } = found
  if (plan === undefined || plan_sha256 === undefined) return
  await journal.perform({ key: 'plan_record', kind: 'context', request: { plan_sha256 } }, async () => {
    const likely = found.foreseen?.likely ?? (await likelyFiles(execution))
    const accepted = { plan, plan_sha256, foreseen: found.foreseen?.findings ?? [] }
    const question = { task, ground: groundOf(execution, likely), ...(profile && { profile }) }
    const record = recordPlan(accepted, question)
    const kept = await keep(execution, 'plan_record', 'plan-record.json', `${JSON.stringify(record, null, 2)}\n`)
    return { value: kept.sha256, artifacts: [kept] }
  })
}

async function likelyFiles({ parts, task, found }: Execution): Promise<readonly LikelyFile[]> {
  if (found.repository === undefined || task.agent.kind === 'transform') return []
  const { list, read } = treeReader(found.repository)
  const search = { list: await list(), read, task, limit: MOST_LIKELY }
  const slices = await findRelevant(parts.words === undefined ? search : { ...search, memory: parts.words })
  const paths = [...new Set(slices.map(({ path }) => path))].slice(0, MOST_LIKELY)
  return paths.map((path) => ({ path, reasons: ['its words fit the request'] }))
}

function groundOf({ found, task }: Execution, likely: readonly LikelyFile[]): PlanGround {
  const notes = (found.risk ?? task.risk)?.reasons.map(({ signal, reason }) => `${signal}: ${reason}`) ?? []
  return { likely, focused_command: null, owners: task.owner === null ? [] : [task.owner], risk_notes: notes }
}
