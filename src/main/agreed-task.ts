import { underAgreement } from '#control-plane/onboarding'
import { GanderError } from '#domain/failure'
import type { Task } from '#domain/task'
import type { RepositoryRecords } from '#ports'

/**
 * The task as the onboarding record of its repository lets it be; the record goes by the address as it was typed, or as it
 * was resolved. @throws GanderError `repository_not_agreed`
 */
export async function agreedTask(records: Pick<RepositoryRecords, 'get'>, task: Task, typed: string): Promise<Task> {
  const { tenant_id, repository } = task
  const record = (await records.get(tenant_id, typed)) ?? (await records.get(tenant_id, repository))
  if (record === undefined) return task
  const under = underAgreement(task, record)
  if (under.ok) return under.value
  throw new GanderError('repository_not_agreed', `The task is not taken: ${under.refusal}.`)
}
