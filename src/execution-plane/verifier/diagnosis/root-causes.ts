import type { RootCause, TestResult } from '#domain/verification'
import { repositoryPath } from '../results/test-result.ts'

const MOST_CAUSES = 10
const MOST_LINES = 200_000

interface Reader {
  readonly expression: RegExp
  readonly confidence: number
  readonly message?: string
  /** The message stands this many lines above at most, in a line of this kind; absent: in the line itself or below. */
  readonly above?: RegExp
}

/** How compilers and interpreters name a place, from the most to the least telling. */
const READERS: readonly Reader[] = [
  {
    expression: /^(?<file>[^\s(:]+\.[cm]?tsx?)[(:](?<line>\d+)[,:]\d+\)?:? (?:- )?error (?<message>TS\d+: .*)$/,
    confidence: 0.95,
  },
  {
    expression: /^\[ERROR\] (?<file>\/?[^\s:[]+\.(?:java|kt|groovy|scala)):\[(?<line>\d+),\d+\] (?<message>.*)$/,
    confidence: 0.95,
  },
  {
    expression:
      /^(?:vet: )?(?<file>[^\s:]+\.(?:java|kt|scala|go|rs|c|cc|cpp|h)):(?<line>\d+)(?::\d+)?: (?:fatal )?(?:error: )?(?<message>\S.*)$/,
    confidence: 0.85,
  },
  { expression: /^\s*--> (?<file>[^\s:]+\.rs):(?<line>\d+):\d+$/, confidence: 0.95, above: /^error(?:\[E\d+\])?: / },
  { expression: /^\s*File "(?<file>[^"]+\.py)", line (?<line>\d+)$/, confidence: 0.9, message: 'syntax error' },
  {
    expression: /^(?<file>[^\s:]+\.py):(?<line>\d+): (?<message>[A-Z]\w*(?:Error|Exception|Warning|Failed)\b.*|in .*)$/,
    confidence: 0.8,
  },
  {
    expression: /^\s*(?:❯|at) (?:.*\()?(?:file:\/\/)?(?<file>[^\s():]+\.[cm]?[jt]sx?):(?<line>\d+):\d+\)?$/,
    confidence: 0.55,
    message: 'the failure passes through here',
  },
  {
    expression: /^(?:file:\/\/)?(?<file>\/[^\s:]+\.[cm]?[jt]sx?):(?<line>\d+)$/,
    confidence: 0.8,
    message: 'syntax or load error',
  },
]
const FOREIGN =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|\.venv|\.m2)\/|^node:|^<|\/lib\/python\d|internal\/|^\/usr\/|^java\.|^jdk\./
const WORSE = /^(?:[A-Za-z_.]*(?:Error|Exception|AssertionError|Failure)\b[^\n]{0,300}|E\s{2,}\S.*)$/

/** Likely causes by place: failing tests first, then what compilers and stack traces name; foreign code is left out. */
export function rootCauses(output: string, tests: readonly TestResult[]): readonly RootCause[] {
  const causes = new Map<string, RootCause>()
  const add = (cause: RootCause) => {
    const key = `${cause.file ?? ''}:${cause.line ?? 0}`
    const known = causes.get(key)
    if (known === undefined || known.confidence < cause.confidence) causes.set(key, cause)
  }
  for (const test of tests) for (const cause of causesOfTest(test)) add(cause)
  const lines = output.split('\n').slice(0, MOST_LINES)
  for (const [at, line] of lines.entries()) {
    const cause = causeOfLine(line, () => nextError(lines, at), lines.slice(Math.max(0, at - 2), at))
    if (cause !== undefined) add(cause)
  }
  return [...causes.values()].sort((left, right) => right.confidence - left.confidence).slice(0, MOST_CAUSES)
}

/** The place where a test's own failure was raised inside the repository, and what was said. */
function causesOfTest(test: TestResult): readonly RootCause[] {
  if (test.outcome !== 'failed' && test.outcome !== 'error') return []
  const lines = (test.message ?? '').split('\n')
  const said = lines.find((line) => WORSE.test(line.trim()))?.trim() ?? lines.find((line) => line.trim() !== '')?.trim()
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
  })).filter((place) => !FOREIGN.test(place.file) && !place.file.startsWith('/'))
}

function causeOfLine(
  line: string,
  following: () => string | undefined,
  before: readonly string[],
): RootCause | undefined {
  if (line.length > 2_000) return undefined
  for (const { expression, confidence, message, above } of READERS) {
    const groups = expression.exec(line)?.groups
    if (groups === undefined) continue
    const file = repositoryPath(groups['file'] ?? '')
    if (FOREIGN.test(file) || file.startsWith('/')) return undefined
    const headline = above === undefined ? undefined : before.findLast((earlier) => above.test(earlier))
    if (above !== undefined && headline === undefined) return undefined
    const said = headline ?? (message === undefined ? groups['message'] : (following() ?? message))
    return { file, line: Number(groups['line']), message: (said ?? '').trim().slice(0, 400), confidence }
  }
  return undefined
}

const nextError = (lines: readonly string[], at: number): string | undefined =>
  lines
    .slice(at + 1, at + 12)
    .find((line) => WORSE.test(line.trim()))
    ?.trim()
