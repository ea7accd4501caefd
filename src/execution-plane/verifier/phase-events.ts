import type { EventDraft } from '#domain/event'
import type { PhaseRun } from './run-phase.ts'

/** What the ledger learns about secrets in the output of phases: how many and of which kinds, never which. */
export function secretEvents(runs: readonly PhaseRun[], where: string): readonly EventDraft[] {
  const count = runs.reduce((total, run) => total + run.redaction.count, 0)
  if (count === 0) return []
  const kinds = [...new Set(runs.flatMap((run) => run.redaction.kinds))].sort()
  const confirmed = runs.some((run) => run.redaction.confirmed)
  return [
    { event: 'secret_redacted', facts: { count, kinds, where } },
    ...(confirmed ? [{ event: 'incident_opened', facts: { kind: 'secret_in_log', where } } as const] : []),
  ]
}
