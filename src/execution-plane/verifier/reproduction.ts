import type { Reproduction } from '#domain/run'
import type { Task } from '#domain/task'
import { saidBy, type ProvedTest, type TestResult, type VerificationReport } from '#domain/verification'
import { namedBy } from './red-green/relations.ts'
import { endedEarly } from './results/test-result.ts'

const MOST_NAMES = 5

/** What a reproduction reads of a task. */
type Asked = Pick<Task, 'is_fix' | 'title' | 'objective' | 'success_criteria'>

/** A task's own words, in which tests and names are looked for. */
export const wordsOf = ({ title, objective, success_criteria }: Omit<Asked, 'is_fix'>): string =>
  [title, objective, ...success_criteria.map(({ text }) => text)].join('\n')

/**
 * Whether the baseline shows the wrong behaviour that a task tells of. Only a failing test, or phase, that the task names
 * does so; what fails besides is unrelated until the change shows otherwise, and what fails by chance shows nothing.
 */
export function reproduction(
  baseline: VerificationReport,
  task: Asked,
  flaky: ReadonlySet<string> = new Set(),
): Reproduction {
  if (!task.is_fix) return { status: 'not_applicable', reason: 'the task does not ask to mend wrong behaviour' }
  if (baseline.outcome === 'unavailable')
    return { status: 'not_attempted', reason: `the base commit could not be verified: ${baseline.reason}` }
  const failing = baseline.phases
    .flatMap((phase) => phase.tests)
    .filter((test) => (test.outcome === 'failed' || test.outcome === 'error') && !endedEarly(test))
    .filter(({ id }) => !flaky.has(id))
  const evidence = logsOf(baseline)
  if (failing.length === 0) return byPhase(baseline, task, flaky)
  const words = wordsOf(task)
  const named = failing.filter((test) => namedBy(test, words) !== undefined)
  if (named.length > 0)
    return {
      status: 'reproduced',
      reason: `${many(named)} on the base commit, and the task names ${named.length === 1 ? 'it' : 'them'}: ${list(named)}`,
      evidence,
    }
  return {
    status: 'unrelated',
    reason: `${many(failing)} on the base commit, and nothing yet shows that ${failing.length === 1 ? 'it belongs' : 'they belong'} to the task, which does not name ${failing.length === 1 ? 'it' : 'them'}: ${list(failing)}`,
    evidence,
  }
}

/** What phases say that no single test explains. */
function byPhase(baseline: VerificationReport, task: Asked, flaky: ReadonlySet<string>): Reproduction {
  const broken = baseline.phases.find((phase) => phase.required && phase.outcome !== 'passed')
  const kind = broken?.diagnosis?.classification
  if (kind === 'no_tests') return { status: 'not_attempted', reason: 'the base commit has no tests' }
  if (broken === undefined)
    return {
      status: 'not_reproduced',
      reason: 'every test passes on the base commit; a new test must show the wrong behaviour',
    }
  if (kind === 'crash' || kind === 'setup_failure' || broken.outcome === 'not_run')
    return {
      status: 'not_attempted',
      reason: `${broken.id} could not run on the base commit (${kind ?? 'not run'}), so no test shows the wrong behaviour`,
    }
  if (broken.tests.some(({ id }) => flaky.has(id)))
    return {
      status: 'not_reproduced',
      reason: `${broken.id} fails on the base commit only by tests that fail by chance`,
    }
  const evidence = logsOf(baseline)
  const how = `${broken.id} fails on the base commit (${kind ?? broken.outcome})`
  const files = (broken.diagnosis?.root_causes ?? []).flatMap(({ file }) => file ?? [])
  const words = wordsOf(task)
  const named = files.map((file) => namedBy({ id: '', file }, words)).find((name) => name !== undefined)
  const said = saidBy(broken)
  const quoted =
    named ?? [...words.matchAll(/`([^`\n]{4,80})`/g)].map((found) => found[1] ?? '').find((word) => said.includes(word))
  return quoted === undefined
    ? { status: 'unrelated', reason: `${how}, and nothing yet shows that this belongs to the task`, evidence }
    : { status: 'reproduced', reason: `${how}, and the task names ${quoted}`, evidence }
}

/** What the tests of a change show of the base commit; undefined where they show no more than was known. */
export function reproducedLater(
  known: Reproduction,
  {
    tests,
    red_tree,
    evidence,
  }: { readonly tests: readonly ProvedTest[]; readonly red_tree: string | null; readonly evidence: readonly string[] },
): Reproduction | undefined {
  if (known.status === 'reproduced' || known.status === 'not_applicable') return undefined
  const red = tests.filter(({ proof }) => proof === 'red_green')
  const where =
    red_tree === null ? 'on the base commit' : `on the base commit with the tests of the change (tree ${red_tree})`
  const [first] = red
  if (first !== undefined) {
    const why = red.length === 1 && first.relation !== undefined ? `, and ${first.relation}` : ''
    return { status: 'reproduced', reason: `${many(red)} ${where}${why}: ${list(red)}`, evidence }
  }
  const absent = tests.filter(({ proof }) => proof === 'red_by_absence')
  if (absent.length > 0)
    return {
      status: 'not_reproduced',
      reason: `${absent.length === 1 ? '1 test' : `${absent.length} tests`} cannot run ${where}, which shows that something is not there and not that it is wrong: ${list(absent)}`,
      evidence,
    }
  const unrelated = tests.filter(({ proof }) => proof === 'unrelated')
  if (unrelated.length === 0) return undefined
  return {
    status: 'unrelated',
    reason: unrelated
      .map(({ id, reason }) => `${id}: ${reason}`)
      .slice(0, MOST_NAMES)
      .join('; '),
    evidence,
  }
}

const logsOf = ({ phases }: VerificationReport): readonly string[] =>
  phases.flatMap(({ log_sha256 }) => log_sha256 ?? [])

const many = (tests: readonly Pick<TestResult, 'id'>[]): string =>
  tests.length === 1 ? '1 test fails' : `${tests.length} tests fail`

const list = (tests: readonly Pick<TestResult, 'id'>[]): string =>
  `${tests
    .slice(0, MOST_NAMES)
    .map(({ id }) => id)
    .join('; ')}${tests.length > MOST_NAMES ? ` and ${tests.length - MOST_NAMES} more` : ''}`
