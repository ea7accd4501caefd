import type { Ending, Execution } from './execution.ts'

/**
 * The end of a run whose capability was disabled while it waited, or never was on record; undefined where it is open.
 * What was pinned when the task was accepted stays, whatever its file says since.
 */
export async function capabilityOpen({ parts, run, task }: Execution): Promise<Ending | undefined> {
  if (parts.capability_records === undefined) return undefined
  const record = await parts.capability_records.record(run.tenant_id, task.capability)
  if (record === undefined && task.grant !== undefined)
    return {
      kind: 'end',
      state: 'blocked_policy',
      failure: 'capability_disabled',
      what: `The capability ${task.capability} is not registered.`,
      why: 'A task under it was accepted, and nothing on record says that it may be.',
    }
  if (record?.state !== 'disabled') return undefined
  return {
    kind: 'end',
    state: 'blocked_policy',
    failure: 'capability_disabled',
    what: `The capability ${task.capability} was disabled by ${record.changed_by}.`,
    why: record.reason === '' ? 'No reason was given.' : record.reason,
  }
}
