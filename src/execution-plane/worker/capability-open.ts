import type { Ending, Execution } from './execution.ts'

/** The end of a run whose capability was disabled while it waited; undefined where it is open. */
export async function capabilityOpen({ parts, run, task }: Execution): Promise<Ending | undefined> {
  const record = await parts.capability_records?.record(run.tenant_id, task.capability)
  if (record?.state !== 'disabled') return undefined
  return {
    kind: 'end',
    state: 'blocked_policy',
    failure: 'capability_disabled',
    what: `The capability ${task.capability} was disabled by ${record.changed_by}.`,
    why: record.reason === '' ? 'No reason was given.' : record.reason,
  }
}
