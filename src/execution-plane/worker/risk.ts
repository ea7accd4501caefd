import { createHash } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import { factsOfChange, factsOfTask, readRisk, type RiskFacts, type RiskReading, type RiskStage } from '#domain/risk'
import { keep, need, type Execution } from './execution.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Reads the risk of the task from its contract and the base commit, before anything is set up or planned. */
export async function readRiskOfTask(execution: Execution): Promise<void> {
  const { task } = execution
  const repository = need(execution, 'repository')
  const request = { commit: repository.source.commit, task: task.id }
  await record(execution, { key: 'risk:intake', stage: 'intake', request }, async () => {
    const files = await repository.listFiles(repository.source.tree)
    return factsOfTask(
      task,
      files.map(({ path }) => path),
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
    return { value: reading as unknown as Json, artifacts: [artifact], events: [classified(reading, artifact.sha256)] }
  })
  // What is on record under this key was put there above.
  found.risk = value as unknown as RiskReading
}

const classified = (reading: RiskReading, report_hash: string): EventDraft => ({
  event: 'risk_classified',
  facts: {
    tier: reading.tier,
    reasons: reading.reasons.map(({ reason }) => reason),
    policy_version: reading.rules,
    stage: reading.stage,
    max_autonomy_tier: reading.max_autonomy_tier,
    required_approvals: [...reading.required_approvals],
    forbidden_actions: [...reading.forbidden_actions],
    report_hash,
  },
})
