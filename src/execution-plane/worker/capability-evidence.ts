import { diffStat } from '#domain/change'
import type { EvidenceKind } from '#domain/task'
import type { Ending, Execution, Found } from './execution.ts'

/** Whether a kind of evidence is on record; what a run without changes cannot have is not owed by one. */
const ON_RECORD: Readonly<Record<EvidenceKind, (found: Found, execution: Execution) => boolean>> = {
  reproduction_attempt: ({ reproduction }, { run }) => !run.is_fix || reproduction !== undefined,
  root_cause_summary: ({ plan, summary }) => (plan?.objective ?? '') !== '' || summary !== '',
  patch_summary: ({ summary, change }) => summary !== '' && change !== undefined && diffStat(change.files).files > 0,
  tests_run: ({ after }) => after !== undefined && after.outcome !== 'unavailable',
  risk_assessment: ({ risk }) => risk !== undefined,
  // Every packet answers how to roll back: the branch is deleted, or the commit reverted.
  rollback_notes: ({ repository }) => repository !== undefined,
  judge_report: ({ verdicts }) => verdicts.has('judge'),
  plan: ({ plan }) => plan !== undefined,
}

const OF_A_CHANGE: ReadonlySet<EvidenceKind> = new Set(['patch_summary', 'tests_run', 'judge_report'])

/** The end of a run that lacks what its capability requires; undefined where everything is there. */
export function evidenceOwed(execution: Execution): Ending | undefined {
  const { found, run, task } = execution
  const owed = (task.grant?.evidence ?? []).filter(
    (kind) => !(run.mode === 'analysis_only' && OF_A_CHANGE.has(kind)) && !ON_RECORD[kind](found, execution),
  )
  const completes = task.grant?.end_states.includes('completed') ?? true
  if (owed.length === 0 && completes) return undefined
  const why = completes
    ? `The capability ${task.grant?.id} requires ${owed.join(', ')}, which the run does not have.`
    : `The capability ${task.grant?.id} leaves it to a person to complete what its runs prepare.`
  return {
    kind: 'end',
    state: 'needs_human',
    failure: 'evidence_missing',
    what: completes ? 'The evidence that the capability requires is not complete.' : 'A person has to finish this run.',
    why,
  }
}
