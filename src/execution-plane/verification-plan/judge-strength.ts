import type { Finding, Verdict } from '#domain/gate'
import type { StrengthReport } from '#domain/verification'

const MOST_FINDINGS = 50
/** A share of fewer says nothing. */
const FEWEST_TRIED = 3

/** What the judgement of a report needs besides it. */
export interface StrengthGround {
  readonly report: StrengthReport
  /** The task asks for behaviour that tests of the base commit may rightly hold otherwise. */
  readonly other_behaviour: boolean
  /** Tests of the base commit that give no result against the proposed sources. */
  readonly unreadable: readonly string[]
  readonly evidence: readonly string[]
}

/** The gate of test strength: bent and escaped tests fail, a floor of the plan fails, all else is named. */
export function judgeStrength(ground: StrengthGround): Verdict {
  const { report, evidence } = ground
  const findings = [
    ...ofBaseTests(ground),
    ...ofMutants(ground),
    ...ofCoverage(report),
    ...ofTerms(report),
    ...ofRungs(report),
  ].sort((one, other) => one.severity.localeCompare(other.severity))
  const errors = findings.filter(({ severity }) => severity === 'error')
  const ran = report.base_tests.ran || report.mutants.length > 0 || report.coverage.measured
  const answer = errors.length > 0 ? 'fail' : ran || findings.length > 0 ? 'pass' : 'not_required'
  const reason =
    errors.length > 0
      ? errors
          .slice(0, 3)
          .map(({ message }) => message)
          .join('; ')
      : summary(report, ran)
  return {
    gate: 'test_strength',
    answer,
    decided_by: 'deterministic',
    reason,
    findings: findings.slice(0, MOST_FINDINGS),
    evidence,
  }
}

function summary(report: StrengthReport, ran: boolean): string {
  if (!ran) return `${report.plan.tier} risk: ${report.base_tests.reason}`
  const { base_tests, coverage } = report
  const tried = report.mutants.filter(isTried)
  const killed = tried.filter(({ outcome }) => outcome === 'killed').length
  return [
    ...(base_tests.ran
      ? [`the tests of the base commit ${base_tests.bent.length === 0 ? 'still pass' : 'were changed'}`]
      : []),
    ...(coverage.measured ? [`${coverage.covered} of ${coverage.executable} changed lines reached`] : []),
    ...(tried.length > 0 ? [`${killed} of ${tried.length} mutants noticed`] : []),
  ].join('; ')
}

const isTried = ({ outcome }: StrengthReport['mutants'][number]): boolean =>
  outcome !== 'invalid' && outcome !== 'not_run'

function ofBaseTests({ report, other_behaviour, unreadable }: StrengthGround): readonly Finding[] {
  const severity = other_behaviour ? 'warning' : 'error'
  const why = other_behaviour
    ? 'the task asks for other behaviour, so a person should see whether it is this'
    : 'the test was changed to fit the change: put it back, or say in the task that this behaviour changes'
  return [
    ...report.base_tests.bent.map(
      (id): Finding => ({
        rule: 'test.base_fails',
        severity,
        message: `${id} as it is on the base commit passes there and fails against the proposed sources; ${why}`,
      }),
    ),
    ...(report.base_tests.kept ?? []).slice(0, 5).map(
      ({ path, why }): Finding => ({
        rule: 'test.runner_kept',
        severity: 'warning',
        path,
        message: `how tests are run was changed here and could not be put back for the tests of the base commit: ${why}; read this change`,
      }),
    ),
    ...unreadable.slice(0, 5).map(
      (id): Finding => ({
        rule: 'test.base_unreadable',
        severity: 'warning',
        message: `${id} as it is on the base commit gives no result against the proposed sources`,
      }),
    ),
  ]
}

function ofMutants({ report, other_behaviour }: StrengthGround): readonly Finding[] {
  const { mutants, kill_ratio, plan } = report
  const tried = mutants.filter(isTried)
  const named = mutants.flatMap((mutant): readonly Finding[] => {
    const { path, line, before, after, outcome, noticed_by } = mutant
    const change = `\`${before}\` → \`${after === '' ? '(nothing)' : after}\``
    if (outcome === 'survived')
      return [{ rule: 'mutant.survived', severity: 'warning', path, line, message: `no test notices ${change}` }]
    if (outcome !== 'escaped') return []
    const message = `${noticed_by ?? 'a test'} of the base commit notices ${change} and the changed tests do not: they were weakened`
    return [{ rule: 'mutant.escaped', severity: other_behaviour ? 'warning' : 'error', path, line, message }]
  })
  if (plan.kill_ratio === null || kill_ratio === null || kill_ratio >= plan.kill_ratio) return named
  const share = `${tried.filter(({ outcome }) => outcome === 'killed').length} of ${tried.length}`
  const message = `tests notice ${share} planted defects; the plan asks for ${percent(plan.kill_ratio)}`
  const severity = tried.length < FEWEST_TRIED ? 'warning' : 'error'
  return [{ rule: 'mutants.too_few_noticed', severity, message }, ...named]
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

function ofCoverage({ coverage, plan }: StrengthReport): readonly Finding[] {
  if (!coverage.measured) return []
  const missed = coverage.files
    .filter(({ uncovered }) => uncovered.length > 0)
    .map(({ path, uncovered }): Finding => {
      const [line] = uncovered
      const message = `no test reaches changed ${uncovered.length === 1 ? 'line' : 'lines'} ${spans(uncovered)}`
      return { rule: 'coverage.missed', severity: 'warning', path, ...(line !== undefined && { line }), message }
    })
  const share = coverage.covered / coverage.executable
  if (plan.coverage === null || share >= plan.coverage) return missed
  const message = `tests reach ${percent(share)} of the changed lines; the plan asks for ${percent(plan.coverage)}`
  return [{ rule: 'coverage.below_plan', severity: 'error', message }, ...missed]
}

/** Line numbers as people write them: `3-5, 9`. */
function spans(lines: readonly number[]): string {
  const parts: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const from = lines[at] ?? 0
    while (lines[at + 1] === (lines[at] ?? 0) + 1) at += 1
    parts.push(from === lines[at] ? String(from) : `${from}-${lines[at]}`)
  }
  return parts.length > 12 ? `${parts.slice(0, 12).join(', ')} and more` : parts.join(', ')
}

/** What somebody asks for besides the rules must have been run and pass. */
function ofTerms({ plan, rows }: StrengthReport): readonly Finding[] {
  return rows
    .filter(
      ({ check, outcome, pre_existing }) => check !== 'diff_review' && outcome !== 'passed' && pre_existing !== true,
    )
    .flatMap(({ check, outcome, not_run_reason, detail }): readonly Finding[] => {
      const by = plan.asked_for.filter((one) => one.check === check).map((one) => one.by)
      if (by.length === 0) return []
      const came = outcome === 'failed' ? 'failed' : 'was not run'
      const message = `${check.replaceAll('_', ' ')} is required by ${[...new Set(by)].join(' and ')} and ${came}: ${not_run_reason ?? detail ?? ''}`
      return [{ rule: 'plan.required', severity: 'error', message }]
    })
}

/** Rungs that failed: an error where the plan requires them and the base commit does not fail in the same way. */
function ofRungs({ rows }: StrengthReport): readonly Finding[] {
  return rows
    .filter(({ check, outcome }) => outcome === 'failed' && RUNGS.has(check))
    .map(
      ({ check, demand, detail = '', pre_existing }): Finding => ({
        rule: `rung.${check}`,
        severity: demand === 'required' && pre_existing !== true ? 'error' : 'warning',
        message: `${check} tests failed: ${detail}${pre_existing === true ? ', as on the base commit' : ''}`,
      }),
    )
}

const RUNGS: ReadonlySet<string> = new Set(['integration', 'contract', 'property'])
