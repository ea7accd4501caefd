import { createHash } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import {
  factsOfChange,
  factsOfTask,
  readRisk,
  registrationOf,
  type RiskFacts,
  type RiskReading,
  type RiskStage,
} from '#domain/risk'
import type { RunMode } from '#domain/task'
import { keep, need, type Ending, type Execution } from './execution.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Reads the risk of the task from its contract and the base commit, before anything is set up or planned. What it was
 * found to be when it was accepted can only be raised.
 */
export async function readRiskOfTask(execution: Execution): Promise<void> {
  const { task, found } = execution
  if (task.risk !== undefined) found.risk = task.risk
  const repository = need(execution, 'repository')
  const request = { commit: repository.source.commit, task: task.id }
  await record(execution, { key: 'risk:intake', stage: 'intake', request }, async () => {
    const files = await repository.listFiles(repository.source.tree)
    return factsOfTask(
      task,
      files.map(({ path }) => path),
      registrationOf(task.agreement),
    )
  })
}

/** Reads it again from what was really changed; the second reading can only raise the first. */
export async function readRiskOfChange(execution: Execution, round: number): Promise<void> {
  const { files, head_tree } = need(execution, 'change')
  const expected = need(execution, 'risk').facts
  const key = `risk:change:${round}`
  await record(execution, { key, stage: 'change', request: { tree: head_tree } }, async () =>
    factsOfChange(
      expected,
      files.map(({ path }) => path),
    ),
  )
}

/** The end of a run whose change may not leave, told before anybody is asked about it; undefined where it may. */
export function publicationForbidden({ found: { risk }, run }: Execution): Ending | undefined {
  const acts = PUBLISHING[run.mode].filter((act) => risk?.forbidden_actions.includes(act))
  if (risk === undefined || acts.length === 0) return undefined
  const reasons = risk.reasons.filter(({ tier }) => tier === risk.tier).map(({ reason }) => reason)
  return {
    kind: 'end',
    state: 'blocked_policy',
    failure: 'policy_violation',
    what: `A change of ${risk.tier} risk is not published.`,
    why: `${acts.join(' and ')} is forbidden: ${reasons.join('; ')}.`,
  }
}

const PUBLISHING = {
  analysis_only: [],
  dry_run_patch: [],
  local_branch: ['branch.push'],
  draft_pr: ['branch.push', 'pull_request.open'],
} as const satisfies Readonly<Record<RunMode, readonly string[]>>

/** A reading as others see it: what decided is in its reasons. */
export function withoutFacts(reading: RiskReading): Omit<RiskReading, 'facts'> {
  const { facts: _, ...rest } = reading
  return rest
}

interface Asked {
  readonly key: string
  readonly stage: RiskStage
  readonly request: Json
}

async function record(execution: Execution, asked: Asked, facts: () => Promise<RiskFacts>): Promise<void> {
  const { journal, found } = execution
  const { key, stage, request } = asked
  const before = found.risk
  const value = await journal.perform({ key, kind: 'gate', request }, async () => {
    const reading = readRisk(sha256, { stage, facts: await facts(), ...(before && { before }) })
    // The words of a request are the request's own artifact; what decided is in the reasons.
    const { words: _, ...shown } = reading.facts
    const told = JSON.stringify({ ...reading, facts: shown }, null, 2)
    const artifact = await keep(execution, 'risk_assessment', `risk-${stage}.json`, told)
    const events =
      stage === 'intake' && before !== undefined && isSame(before, reading)
        ? []
        : [classified(reading, artifact.sha256)]
    return { value: reading as unknown as Json, artifacts: [artifact], events }
  })
  // What is on record under this key was put there above.
  found.risk = value as unknown as RiskReading
}

/** The ledger has told what was found when the task was accepted. */
const isSame = (one: RiskReading, other: RiskReading): boolean =>
  one.rules === other.rules && one.tier === other.tier && one.reasons.length === other.reasons.length

const classified = (reading: RiskReading, report_hash: string): EventDraft => ({
  event: 'risk_classified',
  facts: {
    tier: reading.tier,
    reasons: reading.reasons.map(({ reason }) => reason),
    policy_version: reading.rules,
    stage: reading.stage,
    max_autonomy_tier: reading.max_autonomy_tier,
    max_level: reading.max_level,
    required_approvals: [...reading.required_approvals],
    forbidden_actions: [...reading.forbidden_actions],
    report_hash,
  },
})
