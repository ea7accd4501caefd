import { addedCuts, redactionEvents, type EventDraft } from '#domain/event'
import type { PhaseRun } from './run-phase.ts'

/** What the ledger learns about secrets in the output of phases: how many of which kinds, never which. */
export const secretEvents = (runs: readonly PhaseRun[], where: string): readonly EventDraft[] =>
  redactionEvents(where, addedCuts(runs.map((run) => run.redaction)), 'secret_in_log')
