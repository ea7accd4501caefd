import type { TestOutcome, TestResult } from '#domain/verification'
import { testResult } from './test-result.ts'

const RUNNING = /^\s*Running (unittests )?(?:(\S+\.rs) )?\(?(?:\S*\/)?deps\/(\S+?)-[0-9a-f]{8,}\)?$/
const DOC_TESTS = /^\s*Doc-tests (\S+)$/
const BEGIN = /^running (\d+) tests?$/
const LINE = /^test (.+?)(?: - (?:should panic|compile fail|compile))* \.\.\. (ok|FAILED|ignored|bench)\b/
const END = /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured/
const MESSAGE = /^---- (.+?)(?: stdout| stderr)? ----$/
const OUTCOMES: Readonly<Record<string, TestOutcome>> = {
  ok: 'passed',
  FAILED: 'failed',
  ignored: 'skipped',
  bench: 'passed',
}
const MOST_MESSAGE_LINES = 200
/** No name is that long; what is printed in longer lines is not looked at. */
const LONGEST_LINE = 2_000

interface Found {
  readonly name: string
  readonly outcome: TestOutcome
}

/** One test binary while it is read. */
interface Target {
  /** Crate, and the source file where Cargo names it. */
  readonly names: readonly string[]
  declared: number | undefined
  rounds: number
  /** Lines like results behind the summary, which is the last thing that a test binary prints. */
  after: number
  /** Lines that begin like a test's and have something else printed where its outcome should be. */
  begun: number
  /** `messages` begin after the last test: what failing tests printed may look like results. */
  part: 'tests' | 'messages' | 'closed'
  readonly found: Found[]
  readonly messages: Map<string, string[]>
  /** The failing test whose output is being read. */
  speaker: string | undefined
  readonly tail: string[]
}

/**
 * Reads the text of `cargo test` with standard error in its place among standard output; undefined when no test binary
 * ran. Names are `crate::source file::test`. A binary that ends without its summary has an error of its own.
 */
export function parseCargoText(text: string): readonly TestResult[] | undefined {
  const targets: Target[] = []
  let owner = ''
  for (const whole of text.split('\n')) {
    const line = whole.length > LONGEST_LINE ? '' : whole
    const running = RUNNING.exec(line)
    const documented = DOC_TESTS.exec(line)
    if (running !== null) {
      const [, unit, source, crate = ''] = running
      // Only unit tests are named after their package; the binaries that follow belong to the same one.
      const program = source?.startsWith('src/bin/') === true
      if (unit !== undefined && !program) owner = crate
      targets.push(target([program || owner === '' ? crate : owner, ...(source === undefined ? [] : [source])]))
    } else if (documented !== null) targets.push(target([documented[1] ?? '', 'doc']))
    else {
      if (targets.length === 0 && BEGIN.test(line)) targets.push(target([]))
      const current = targets.at(-1)
      if (current !== undefined) read(line, current)
    }
  }
  return targets.some(({ declared }) => declared !== undefined) ? targets.flatMap(resultsOf) : undefined
}

const target = (names: readonly string[]): Target => ({
  names,
  declared: undefined,
  rounds: 0,
  after: 0,
  begun: 0,
  part: 'tests',
  found: [],
  messages: new Map(),
  speaker: undefined,
  tail: [],
})

function read(line: string, into: Target): void {
  const begin = BEGIN.exec(line)
  const again = into.part === 'closed' && into.names.at(-1) === 'doc'
  if (begin !== null && (into.declared === undefined || again)) {
    // Documentation tests run in two rounds: those that share a binary, and the others.
    into.declared = Number(begin[1])
    into.rounds++
    into.part = 'tests'
    return
  }
  const end = END.exec(line)
  if (into.part === 'closed' && (end !== null || LINE.test(line))) into.after++
  if (end !== null && closes(end, into)) {
    into.part = 'closed'
    into.speaker = undefined
    return
  }
  if (into.part === 'tests') readTest(line, into)
  else if (into.part === 'messages') readMessage(line, into)
}

/** True for the summary of as many tests as were announced; a failing test may have printed one that is not. */
const closes = (end: RegExpExecArray, { declared }: Target): boolean =>
  end.slice(1, 5).reduce((sum, count) => sum + Number(count), 0) === declared

function readTest(line: string, into: Target): void {
  const test = LINE.exec(line)
  if (test !== null) into.found.push({ name: test[1] ?? '', outcome: OUTCOMES[test[2] ?? ''] ?? 'error' })
  else if (/^test .+ \.\.\. /.test(line)) into.begun++
  else if (/^(?:failures|successes):$/.test(line)) into.part = 'messages'
  else if (line.trim() !== '' && into.declared !== undefined && into.tail.length < 20) into.tail.push(line)
}

function readMessage(line: string, into: Target): void {
  const named = MESSAGE.exec(line)
  const failing = (name: string) => into.found.some((test) => test.name === name && test.outcome === 'failed')
  if (named !== null && failing(named[1] ?? '')) {
    into.speaker = named[1] ?? ''
    into.messages.set(into.speaker, [])
  } else if (/^(?:failures|successes):$/.test(line)) into.speaker = undefined
  else if (into.speaker !== undefined) {
    const said = into.messages.get(into.speaker) ?? []
    if (said.length < MOST_MESSAGE_LINES) said.push(line)
  }
}

/** In the order of names, because tests end in any order and names decide what is compared with what. */
function resultsOf(from: Target): readonly TestResult[] {
  const { names, declared, found, messages, part, rounds, tail } = from
  const tests = found
    .toSorted((left, right) => compared(left.name, right.name))
    .map(({ name, outcome }) => {
      const message = outcome === 'failed' ? (messages.get(name) ?? []).join('\n') : undefined
      // The line of a documentation test moves with every edit above it.
      const result = testResult({ names: [...names, name.replace(/ \(line \d+\)$/, '')], outcome, message })
      const place = /panicked at (?:'[^\n]*', )?((?:[\w.@-]+\/)*[\w.@-]+\.rs):(\d+)/.exec(message ?? '')
      return place === null ? result : { ...result, file: place[1] ?? '', line: Number(place[2]) }
    })
  if (declared === undefined) return tests
  // More results than were announced, or two of one test, were printed by something else.
  const twice = new Set(found.map(({ name }) => name)).size < found.length
  const lost = declared - found.length
  if (part === 'closed' && !twice && from.after === 0 && (rounds > 1 || (lost >= 0 && lost <= from.begun))) return tests
  const message = `ended after ${found.length} of its ${declared} tests\n${tail.join('\n')}`
  return [...tests, testResult({ names: [...names, '(target)'], outcome: 'error', message })]
}

const compared = (left: string, right: string): number =>
  left.localeCompare(right, 'en', { numeric: true, sensitivity: 'variant' })
