import type { FlakeCount } from './flake-score.ts'
import type { TestOutcome, VerificationReport } from './report.ts'

/** What a test did each time the same tree was verified. */
export interface RepeatedTest extends FlakeCount {
  readonly id: string
  readonly passed: number
  readonly failed: number
}

const FAILING: readonly TestOutcome[] = ['failed', 'error']

/** What each test did over several reports of one tree; a test that a report lacks, or skipped, was not run there. */
export function repeatedOutcomes(reports: readonly Pick<VerificationReport, 'phases'>[]): readonly RepeatedTest[] {
  const seen = new Map<string, { passed: number; failed: number }>()
  for (const report of reports)
    for (const { id, outcome } of report.phases.flatMap((phase) => phase.tests)) {
      if (outcome === 'skipped') continue
      const known = seen.get(id) ?? { passed: 0, failed: 0 }
      if (FAILING.includes(outcome)) known.failed += 1
      else known.passed += 1
      seen.set(id, known)
    }
  return [...seen].map(([id, { passed, failed }]) => {
    return { id, passed, failed, outcomes: passed + failed, disagreeing: Math.min(passed, failed) }
  })
}

/** Tests that did not do the same each time. */
export const disagreeing = (reports: readonly Pick<VerificationReport, 'phases'>[]): readonly RepeatedTest[] =>
  repeatedOutcomes(reports).filter((test) => test.disagreeing > 0)
