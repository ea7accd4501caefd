import type { Json } from '#domain/json'
import { foreseeScope, recordPlan, type PlanGround, type ScopeFinding } from '#execution-plane/planner'
import { keep, need, type Ending, type Execution } from './execution.ts'
import { groundIn, likelyIn, lookAtCode } from './look-at-code.ts'
import { treeReader } from './prepare.ts'
import { pushLimitsOf } from './push-limits.ts'

/** Where the scope of the task or the forge's token is bounded, that is held against the likely files before a token is spent. */
export async function foresee(execution: Execution): Promise<Ending | undefined> {
  const { task, journal } = execution
  const { allowed_paths, forbidden_paths } = task.scope
  if (task.agent.kind === 'transform') return undefined
  const push_limits = journal.recorded('foreseen') ? undefined : await pushLimitsOf(execution)
  const bounds = allowed_paths.length + forbidden_paths.length + (push_limits?.unpushable.length ?? 0)
  if (bounds === 0 && !journal.recorded('foreseen')) return undefined
  const { commit } = need(execution, 'repository').source
  const request = { commit, allowed_paths, forbidden_paths }
  const value = await journal.perform({ key: 'foreseen', kind: 'context', request }, async () => {
    const code = await lookAtCode(execution)
    const likely = likelyIn(code)
    const paths = (await treeReader(need(execution, 'repository')).list()).map(({ path }) => path)
    const unsure = code.packet === null ? code.notes : []
    const findings = foreseeScope({ likely, unsure, ...(push_limits && { push_limits }) }, task, paths)
    const facts = {
      findings: findings.map(({ rule, severity, share }) => ({ rule, severity, share })),
      likely: likely.length,
    }
    return {
      value: { likely, findings, ...(push_limits && { push_limits }) } as unknown as Json,
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

/** Keeps a plan that the rules accept with what the platform knows around it, before a person is asked about it. */
export async function keepPlanRecord(execution: Execution): Promise<void> {
  const { found, journal, task } = execution
  const { plan, plan_sha256, profile } = found
  if (plan === undefined || plan_sha256 === undefined) return
  await journal.perform(
    { key: `plan_record:${plan_sha256.slice(0, 12)}`, kind: 'context', request: { plan_sha256 } },
    async () => {
      const ground = await groundOf(execution)
      const accepted = { plan, plan_sha256, foreseen: found.foreseen?.findings ?? [] }
      const record = recordPlan(accepted, { task, ground, ...(profile && { profile }) })
      const kept = await keep(execution, 'plan_record', 'plan-record.json', `${JSON.stringify(record, null, 2)}\n`)
      return { value: kept.sha256, artifacts: [kept] }
    },
  )
}

async function groundOf(execution: Execution): Promise<PlanGround> {
  const { found, task } = execution
  const notes = (found.risk ?? task.risk)?.reasons.map(({ signal, reason }) => `${signal}: ${reason}`) ?? []
  const owners = task.owner === null ? [] : [task.owner]
  const code = await lookAtCode(execution)
  const mapped = groundIn(code)
  return {
    likely: found.foreseen?.likely ?? likelyIn(code),
    ...(found.foreseen?.push_limits && { push_limits: found.foreseen.push_limits }),
    focused_command: mapped.focused_command,
    commands: mapped.commands ?? [],
    owners: [...new Set([...owners, ...mapped.owners])],
    risk_notes: [...notes, ...mapped.risk_notes],
  }
}
