import { causesIn, collectCauses, isForeign, saysError } from '#execution-plane/log-summary'
import type { RootCause, TestResult } from '#domain/verification'
import type { LogSummary } from '#ports'
import { repositoryPath } from '../results/test-result.ts'

const MOST_LINES = 200_000

/**
 * Likely causes by place: failing tests first, then what compilers and stack traces name; foreign code is left out. Where
 * nothing names a place, what the log says most clearly stands alone.
 */
export function rootCauses(
  output: string,
  known: { readonly tests: readonly TestResult[]; readonly summary: Pick<LogSummary, 'root_causes'> },
): readonly RootCause[] {
  const named = collectCauses([...known.tests.flatMap((test) => causesOfTest(test)), ...placesIn(output)])
  return named.length > 0 ? named : known.summary.root_causes
}

function* placesIn(output: string): Iterable<RootCause> {
  for (const { at: _, ...cause } of causesIn(output.split('\n', MOST_LINES))) yield cause
}

/** The place where a test's own failure was raised inside the repository, and what was said. */
function causesOfTest(test: TestResult): readonly RootCause[] {
  if (test.outcome !== 'failed' && test.outcome !== 'error') return []
  const lines = (test.message ?? '').split('\n')
  const said = lines.find((line) => saysError(line))?.trim() ?? lines.find((line) => line.trim() !== '')?.trim()
  const message = `${test.id}: ${said ?? 'failed'}`.slice(0, 400)
  const places = lines.flatMap((line) => placeIn(line))
  const own = test.file
  const tested = places.find((place) => place.file !== own)
  const here = places.find((place) => place.file === own)
  const file = here?.file ?? own ?? tested?.file
  const line = here?.line ?? (file === own ? test.line : tested?.line)
  return [
    { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }), message, confidence: 0.8 },
    ...(tested === undefined ? [] : [{ ...tested, message, confidence: 0.85 }]),
  ]
}

const PLACE =
  /\(?(?:file:\/\/)?((?:\/|\.{0,2}\/)?[\w@.][^\s():"']*\.(?:[cm]?[jt]sx?|py|java|kt|go|rs)):(\d+)(?::\d+)?\)?|File "([^"]+\.py)", line (\d+)/g

function placeIn(text: string): readonly { readonly file: string; readonly line: number }[] {
  return Array.from(text.slice(0, 2_000).matchAll(PLACE), (match) => ({
    file: repositoryPath(match[1] ?? match[3] ?? ''),
    line: Number(match[2] ?? match[4]),
  })).filter((place) => !isForeign(place.file) && !place.file.startsWith('/'))
}
