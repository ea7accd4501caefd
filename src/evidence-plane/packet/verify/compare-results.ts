import type { RunEvidence } from '#domain/packet'
import type { TestOutcome, VerificationProfile, VerificationReport } from '#domain/verification'
import { canonicalJson } from '#domain/json'

/** What a report is compared by: its tests by id, and phases without tests by their outcome. */
interface Outcomes {
  readonly [id: string]: string
}

/** Where a repeated verification departs from the record, and what known flakes were let off. */
export interface Departures {
  readonly compared: number
  readonly departed: readonly string[]
  readonly excused: readonly string[]
}

/** Compares two reports by test id and outcome. A test that the record itself calls flaky may depart; it is named. */
export function compareResults(
  was: VerificationReport,
  is: VerificationReport,
  flaky: ReadonlySet<string>,
): Departures {
  const [old, now] = [outcomesOf(was), outcomesOf(is)]
  const ids = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
  const differing = ids.filter((id) => old[id] !== now[id])
  return {
    compared: ids.length,
    departed: differing
      .filter((id) => !flaky.has(id))
      .map((id) => `${id} was ${old[id] ?? 'not there'}, is ${now[id] ?? 'not there'}`),
    excused: differing.filter((id) => flaky.has(id)),
  }
}

function outcomesOf({ phases }: VerificationReport): Outcomes {
  const outcomes: Record<string, string> = {}
  for (const { id, tests, outcome } of phases) {
    if (tests.length === 0) outcomes[`phase ${id}`] = outcome
    for (const test of tests) outcomes[test.id] = classOf(test.outcome)
  }
  return outcomes
}

/** Whether a test failed by an assertion or by a crash may depend on the machine; that it failed does not. */
const classOf = (outcome: TestOutcome): string => (outcome === 'error' ? 'failed' : outcome)

/** Tests that the record calls flaky, wherever it does: each gate that looks for flakes keeps its own list. */
export function knownFlaky(evidence: RunEvidence): ReadonlySet<string> {
  const found = new Set<string>()
  collect(evidence, found)
  return found
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  if ('id' in value && typeof value.id === 'string' && 'origin' in value && value.origin === 'flaky')
    found.add(value.id)
  for (const [key, member] of Object.entries(value)) {
    if (key === 'flaky' || key === 'unsteady') for (const id of idsIn(member)) found.add(id)
    collect(member, found)
  }
}

function idsIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown) => {
    if (typeof item === 'string') return [item]
    return typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? [item.id] : []
  })
}

/**
 * Whether two profiles run the same commands and read them the same way. Where a machine fetches packages from, how a
 * profile came to be chosen, and what policy made required besides are not what is compared.
 */
export function sameCommands(one: VerificationProfile, other: VerificationProfile): boolean {
  const of = ({ id, ecosystem, setup = [], phases }: VerificationProfile) =>
    canonicalJson({ id, ecosystem, setup, phases: phases.map((phase) => ({ ...phase, required: true })) })
  return one.version === other.version || of(one) === of(other)
}
