import type { Json } from '#domain/json'
import { foreseeScope, recordPlan, type LikelyFile, type PlanGround, type ScopeFinding } from '#execution-plane/planner'
import { findRelevant } from '#execution-plane/repository-intelligence'
import { workflowOf } from './checkpoints.ts'
import { keep, need, type Ending, type Execution } from './execution.ts'
import type { CodeOfTask } from './look-at-code.ts'
import { treeReader } from './prepare.ts'

const MOST_LIKELY = 10

/** Where the scope of the task is bounded, it is held against the likely files before a token is spent. */
export async function foresee(execution: Execution): Promise<Ending | undefined> {
  const { task, journal } = execution
  const { allowed_paths, forbidden_paths } = task.scope
  if (task.agent.kind === 'transform' || allowed_paths.length + forbidden_paths.length === 0) return undefined
  const { commit } = need(execution, 'repository').source
  const request = { commit, allowed_paths, forbidden_paths }
  const value = await journal.perform({ key: 'foreseen', kind: 'context', request }, async () => {
    const { likely, paths } = (await codeOf(execution)) ?? (await searched(execution))
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
    const ground = await groundOf(execution)
    const accepted = { plan, plan_sha256, foreseen: found.foreseen?.findings ?? [] }
    const record = recordPlan(accepted, { task, ground, ...(profile && { profile }) })
    const kept = await keep(execution, 'plan_record', 'plan-record.json', `${JSON.stringify(record, null, 2)}\n`)
    return { value: kept.sha256, artifacts: [kept] }
  })
}

/**
 * Maps are made where a person looks at the plan before anything is edited, or the index was needed anyway: of a large
 * repository that no run saw before they take seconds, and a search of words takes none.
 */
async function groundOf(execution: Execution): Promise<PlanGround> {
  const { found, task, run } = execution
  const notes = (found.risk ?? task.risk)?.reasons.map(({ signal, reason }) => `${signal}: ${reason}`) ?? []
  const owners = task.owner === null ? [] : [task.owner]
  const looked_at = run.mode === 'analysis_only' || workflowOf(execution).phases.plan.checkpoint !== null
  const code = looked_at || found.foreseen !== undefined ? await codeOf(execution) : undefined
  const likely = found.foreseen?.likely ?? code?.likely ?? (await searched(execution)).likely
  const mapped = await code?.ground(likely).catch(() => undefined)
  if (mapped === undefined) return { likely, focused_command: null, owners, risk_notes: notes }
  return {
    likely,
    focused_command: mapped.focused_command,
    owners: [...new Set([...owners, ...mapped.owners])],
    risk_notes: [...notes, ...mapped.risk_notes],
  }
}

/** What only helps to find one's way ends no run: without an index there is the search of words. */
async function codeOf(execution: Execution): Promise<CodeOfTask | undefined> {
  if (execution.task.agent.kind === 'transform') return undefined
  const { lookAtCode } = await import('./look-at-code.ts')
  return lookAtCode(execution).catch(() => undefined)
}

async function searched({ parts, task, found }: Execution): Promise<Pick<CodeOfTask, 'likely' | 'paths'>> {
  if (found.repository === undefined || task.agent.kind === 'transform') return { likely: [], paths: [] }
  const { list, read } = treeReader(found.repository)
  const entries = await list()
  const search = { list: entries, read, task, limit: MOST_LIKELY }
  const slices = await findRelevant(parts.words === undefined ? search : { ...search, memory: parts.words })
  const files = [...new Set(slices.map(({ path }) => path))].slice(0, MOST_LIKELY)
  const likely = files.map((path): LikelyFile => ({ path, reasons: ['its words fit the request'] }))
  return { likely, paths: entries.map(({ path }) => path) }
}
