import { createHash } from 'node:crypto'
import { factsOfTask, readRisk, registrationOf, type RiskReading } from '#domain/risk'
import type { Task } from '#domain/task'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * The risk of a task before anything is planned, from its contract, the names of the files of its base commit and what
 * was agreed for its repository. Kept without the request's words, which are the request's own.
 */
export function riskOfTask(task: Task, paths: readonly string[]): RiskReading {
  const facts = factsOfTask(task, paths, registrationOf(task.agreement))
  const reading = readRisk(sha256, { stage: 'intake', facts })
  return { ...reading, facts: { ...facts, words: [] } }
}
