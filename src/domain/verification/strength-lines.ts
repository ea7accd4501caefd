import type { PlanRow, StrengthReport } from './strength.ts'

/** What a plan's checks beyond the phases showed, one sentence a line; empty where nothing of it was run. */
export function strengthShown({ plan, coverage, mutants, base_tests }: StrengthReport): readonly string[] {
  const count = (outcome: StrengthReport['mutants'][number]['outcome']) =>
    mutants.filter((mutant) => mutant.outcome === outcome).length
  const tried = count('killed') + count('survived') + count('escaped')
  const share = coverage.measured ? Math.round((100 * coverage.covered) / coverage.executable) : 0
  return [
    `Verification plan for ${plan.tier} risk, version ${plan.version.slice(0, 12)}: ${plan.required.map(named).join(', ')}.`,
    ...(base_tests.ran
      ? [
          base_tests.bent.length === 0
            ? 'The tests of the base commit pass against the proposed sources.'
            : `Tests of the base commit that fail against the proposed sources: ${base_tests.bent.join(', ')}.`,
        ]
      : []),
    ...(coverage.measured
      ? [`Tests reach ${coverage.covered} of ${coverage.executable} changed lines (${share} %, by ${coverage.by}).`]
      : []),
    ...(tried > 0 ? [`Tests notice ${count('killed')} of ${tried} defects that the platform planted.`] : []),
  ]
}

/** What of the plan was left out and why: a line for each required check, one for all the others. */
export function strengthLeftOut({ rows }: StrengthReport): readonly string[] {
  const left = rows.filter(({ outcome, check }) => outcome === 'not_run' && check !== 'diff_review')
  const said = ({ check, not_run_reason }: PlanRow) => `${named(check)} (${not_run_reason ?? 'no reason recorded'})`
  const optional = left.filter(({ demand }) => demand === 'optional')
  return [
    ...left
      .filter(({ demand }) => demand === 'required')
      .map((row) => `Required where there is one, and not run: ${said(row)}.`),
    ...(optional.length > 0 ? [`Not required and not run: ${optional.map(said).join('; ')}.`] : []),
  ]
}

const named = (check: PlanRow['check']): string => check.replaceAll('_', ' ')
