import type { Reproduction } from '#domain/run'
import type { Task } from '#domain/task'
import { isRed, type ProvedTest, type VerificationReport } from '#domain/verification'
import { endedEarly } from './results/test-result.ts'

/**
 * Whether the baseline shows wrong behaviour; failing tests at the base commit are the proof, their absence is said. A
 * test that fails there by chance shows nothing.
 */
export function reproduction(
  baseline: VerificationReport,
  task: Pick<Task, 'is_fix'>,
  flaky: ReadonlySet<string> = new Set(),
): Reproduction {
  if (!task.is_fix) return { status: 'not_applicable', reason: 'the task does not ask to mend wrong behaviour' }
  if (baseline.outcome === 'unavailable')
    return { status: 'not_reproduced', reason: `the base commit could not be verified: ${baseline.reason}` }
  const failing = baseline.phases
    .flatMap((phase) => phase.tests)
    .filter((test) => (test.outcome === 'failed' || test.outcome === 'error') && !endedEarly(test))
    .filter(({ id }) => !flaky.has(id))
  if (failing.length > 0) {
    const named = failing
      .slice(0, 5)
      .map((test) => test.id)
      .join('; ')
    const more = failing.length > 5 ? ` and ${failing.length - 5} more` : ''
    return {
      status: 'reproduced',
      reason: `${failing.length} ${failing.length === 1 ? 'test fails' : 'tests fail'} on the base commit: ${named}${more}`,
    }
  }
  const broken = baseline.phases.find((phase) => phase.required && phase.outcome !== 'passed')
  const kind = broken?.diagnosis?.classification
  if (broken !== undefined && (kind === 'crash' || kind === 'setup_failure'))
    return {
      status: 'not_reproduced',
      reason: `${broken.id} could not run on the base commit (${kind}), so no test shows the wrong behaviour`,
    }
  if (broken !== undefined && kind !== 'no_tests')
    return broken.tests.some(({ id }) => flaky.has(id))
      ? { status: 'not_reproduced', reason: `${broken.id} fails on the base commit only by tests that fail by chance` }
      : { status: 'reproduced', reason: `${broken.id} fails on the base commit (${kind ?? broken.outcome})` }
  return {
    status: 'not_reproduced',
    reason:
      kind === 'no_tests'
        ? 'the base commit has no tests'
        : 'every test passes on the base commit; a new test must show the wrong behaviour',
  }
}

/** What tests that came with the change show of the base commit; undefined where they show no more than was known. */
export function reproducedLater(
  known: Reproduction,
  tests: readonly ProvedTest[],
  red_tree: string | null,
): Reproduction | undefined {
  const red = tests.filter(isRed)
  if (known.status !== 'not_reproduced' || red.length === 0) return undefined
  const named = red.slice(0, 5).map(({ id }) => id)
  const more = red.length > 5 ? ` and ${red.length - 5} more` : ''
  const where =
    red_tree === null ? 'on the base commit' : `on the base commit with the tests of the change (tree ${red_tree})`
  return {
    status: 'reproduced',
    reason: `${red.length} ${red.length === 1 ? 'test fails' : 'tests fail'} ${where}: ${named.join('; ')}${more}`,
  }
}
