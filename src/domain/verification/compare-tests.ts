import type { TestDelta, TestResult, VerificationReport } from './report.ts'

const STAND_IN = /(?:^|::)\((?:build|package|target|file)\)$/

/**
 * Compares the tests of two reports by id, so that a removed test never hides behind a count. A stand-in for what could
 * not run is no test: its going is a mend, not a loss.
 */
export function compareTests(before: VerificationReport, after: VerificationReport): TestDelta {
  const old = byId(before)
  const now = byId(after)
  const ids = (from: ReadonlyMap<string, TestResult>, keep: (id: string, test: TestResult) => boolean) =>
    [...from].filter(([id, test]) => keep(id, test)).map(([id]) => id)
  const failing = (test: TestResult | undefined) => test?.outcome === 'failed' || test?.outcome === 'error'
  return {
    fixed: [
      ...ids(now, (id, test) => test.outcome === 'passed' && failing(old.get(id))),
      ...ids(old, (id, test) => isStandIn(test) && !now.has(id)),
    ],
    broken: ids(now, (id, test) => failing(test) && !failing(old.get(id))),
    added: ids(now, (id) => !old.has(id)),
    removed: ids(old, (id, test) => !now.has(id) && !isStandIn(test)),
    newly_skipped: ids(
      now,
      (id, test) => test.outcome === 'skipped' && old.has(id) && old.get(id)?.outcome !== 'skipped',
    ),
    pre_existing: ids(now, (id, test) => failing(test) && failing(old.get(id))),
    passed_before: count(old),
    passed_after: count(now),
  }
}

/** True for what stands for tests that could not run at all. */
export const isStandIn = ({ id, outcome }: Pick<TestResult, 'id' | 'outcome'>): boolean =>
  outcome === 'error' && STAND_IN.test(id)

function byId(report: VerificationReport): ReadonlyMap<string, TestResult> {
  return new Map(report.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test]))
}

const count = (tests: ReadonlyMap<string, TestResult>): number =>
  [...tests.values()].filter((test) => test.outcome === 'passed').length
