import type { Forge, PlannedPublication, PublicationFinding, Reconciliation } from '#ports'
import type { Duty } from './create-scheduler.ts'

interface ReconcilerParts {
  readonly records: Reconciliation
  readonly forgeOf: (repository: string) => Forge
  /** A run that ended just now may still have a call or a push under way. Absent: a minute. */
  readonly settled_after_ms?: number
  /** Absent: 15 seconds. */
  readonly every_ms?: number
}

const MOST = 200

/**
 * The duties that bring the record and the world together where runs ended in between. Each finding is repaired and told
 * in one transaction, and found no more afterwards, so that any number of control planes may do this at once.
 */
export function reconcilingDuties(parts: ReconcilerParts): readonly Duty[] {
  const { records, settled_after_ms = 60_000, every_ms = 15_000 } = parts
  return [
    {
      name: 'open_steps',
      every_ms,
      perform: async () => {
        const settled: boolean[] = []
        for (const step of await records.openSteps(settled_after_ms, MOST)) settled.push(await records.settle(step))
        return settled.filter(Boolean).length
      },
    },
    {
      name: 'publications',
      every_ms,
      perform: async () => {
        let mended = 0
        for (const planned of await records.unpublished(settled_after_ms, MOST)) {
          const found = await lookInto(parts.forgeOf(planned.repository), planned)
          await records.record(planned, found)
          if (found.finding !== 'nothing_published') mended++
        }
        return mended
      },
    },
  ]
}

/** What a forge holds of a publication; a branch that leads to no pull request is taken away where it is still ours. */
async function lookInto(forge: Forge, planned: PlannedPublication): Promise<PublicationFinding> {
  const { repository, idempotency_key, branch, commit } = planned
  const made = await forge.findPullRequest(repository, idempotency_key)
  if (made !== undefined) return { finding: 'unrecorded_pull_request', url: made.url, number: made.number }
  const proposed = await forge.listPullRequests(repository)
  if (proposed.some(({ head_branch }) => head_branch === branch)) return { finding: 'nothing_published' }
  const removed = (await forge.removeBranch?.(repository, branch, commit)) ?? false
  return { finding: removed ? 'orphan_branch' : 'nothing_published' }
}
