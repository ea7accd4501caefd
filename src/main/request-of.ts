import type { Request, Task } from '#domain/task'
import { identifiers } from './system-clock.ts'

/** The request that starting a task again stands for: its own words, under a new identifier. */
export function requestOf(task: Task): Request {
  const {
    tenant_id,
    requester,
    repository,
    title,
    constraints,
    deadline,
    attachments,
    risk_hints,
    expected_output,
    owner,
    trust,
  } = task
  return {
    id: identifiers.make('request'),
    tenant_id,
    source: 'cli',
    source_url: null,
    requester,
    repository,
    title,
    description: task.objective,
    acceptance_criteria: task.success_criteria.filter(({ origin }) => origin === 'stated').map(({ text }) => text),
    constraints,
    deadline,
    attachments,
    risk_hints,
    expected_output,
    owner,
    trust,
  }
}
