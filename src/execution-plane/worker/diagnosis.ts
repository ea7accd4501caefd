import {
  compareTests,
  failuresOf,
  sortFailures,
  type SortedFailure,
  type VerificationReport,
} from '#domain/verification'
import { diagnosisText } from '#execution-plane/verifier'
import type { Execution } from './execution.ts'
import { knownFlaky } from './known-flaky.ts'

/** A model reads at most this much of a diagnosis. */
const DIAGNOSIS_CHARACTERS = 6_000
const MOST_NAMES = 8

const NOT_MINE = {
  infrastructure: "The machine's, not yours",
  pre_existing: 'Failing on the base commit as well, not yours',
  flaky: 'Failing by chance, not yours',
} as const

/**
 * The short form of a report that an agent reads. What it has to repair is shown in full; what fails for another reason
 * is one line for each reason.
 */
export function explain(execution: Execution, report: VerificationReport): string {
  const before = execution.found.before
  if (before === undefined) return diagnosisText(report, undefined, DIAGNOSIS_CHARACTERS)
  const failures = sortedFailures(execution, before, report)
  const others = new Set(failures.filter(({ origin }) => origin !== 'mine').map(({ kind, id }) => `${kind} ${id}`))
  const delta = compareTests(before, report)
  const own = { ...delta, broken: delta.broken.filter((id) => !others.has(`test ${id}`)), pre_existing: [] }
  const lines = Object.entries(NOT_MINE).flatMap(([origin, said]) =>
    line(said, failuresOf(failures, origin as keyof typeof NOT_MINE)),
  )
  const rest = lines.length === 0 ? '' : `\n${lines.join('\n')}`
  return `${diagnosisText(withoutOthers(report, others), own, DIAGNOSIS_CHARACTERS - rest.length)}${rest}`
}

/** As the gate sorted them, where it has looked at this report. */
function sortedFailures(
  execution: Execution,
  baseline: VerificationReport,
  head: VerificationReport,
): readonly SortedFailure[] {
  const { after, failures } = execution.found
  if (failures !== undefined && after === head) return failures
  const { base_repeats } = execution.found
  return sortFailures({ baseline, base_repeats, head, repeats: [], known_flaky: knownFlaky(execution) })
}

function withoutOthers(report: VerificationReport, others: ReadonlySet<string>): VerificationReport {
  const phases = report.phases.map((phase) => {
    if (!others.has(`phase ${phase.id}`)) return phase
    const { diagnosis: _, ...rest } = phase
    return rest
  })
  return { ...report, phases }
}

function line(said: string, failures: readonly SortedFailure[]): readonly string[] {
  const named = failures.filter(({ by_tests }) => by_tests !== true).map(({ id }) => id)
  if (named.length === 0) return []
  return [
    `${said} (${named.length}): ${named.slice(0, MOST_NAMES).join(' | ').slice(0, 500)}${named.length > MOST_NAMES ? ' | …' : ''}`,
  ]
}
