import { z } from 'zod'
import type { TestOutcome, TestResult } from '#domain/verification'
import { testResult } from './test-result.ts'

/**
 * A line of `go test -json`. `module` is the platform's own: `go list -m` tells where each module of the workspace lies,
 * because Go names files by their last part alone.
 */
const eventSchema = z.object({
  Action: z.string(),
  Package: z.string().default(''),
  Test: z.string().optional(),
  Output: z.string().default(''),
  Elapsed: z.number().optional(),
  ImportPath: z.string().default(''),
  FailedBuild: z.string().optional(),
})
type GoEvent = z.infer<typeof eventSchema>

const OUTCOMES: Readonly<Record<string, TestOutcome>> = { pass: 'passed', fail: 'failed', skip: 'skipped' }
const MOST_OUTPUT = 16_000
/** What a test binary prints at its end, or Go in the place of one that does not exist. */
const FINISHED = /^(?:PASS|FAIL)$|\[no test files\]|\[no tests to run\]|no tests to run/m
const PROGRESS = /^\s*=== (?:RUN|PAUSE|CONT|NAME)\b/

interface Seen {
  outcome: TestOutcome | undefined
  seconds: number | undefined
  output: string
}

interface Package {
  readonly tests: Map<string, Seen>
  readonly own: Seen
  failed_build: string | undefined
}

interface Reading {
  readonly packages: Map<string, Package>
  /** What the compiler said, by the import path it was asked for. */
  readonly builds: Map<string, string>
  /** Folder below the root by module path. */
  readonly modules: Map<string, string>
}

/** Reads `go test -json`; undefined when no line is an event. Names are Go's own: `package::Test/subtest`. */
export function parseGoJson(text: string): readonly TestResult[] | undefined {
  const reading: Reading = { packages: new Map(), builds: new Map(), modules: new Map() }
  let events = 0
  for (const event of eventsOf(text)) {
    if (event.Action === 'module') reading.modules.set(event.Package, folderOf(event.Output))
    else {
      events++
      take(event, reading)
    }
  }
  if (events === 0) return undefined
  return [...reading.packages].flatMap(([name, found]) => resultsOf(name, found, reading))
}

/** The output of what did not pass, as `go test` would have printed it. */
export function goLog(text: string): string {
  const quiet = new Set<string>()
  const events = [...eventsOf(text)]
  for (const { Action, Package, Test } of events)
    if (Test !== undefined && (Action === 'pass' || Action === 'skip')) quiet.add(`${Package} ${Test}`)
  return events
    .filter(({ Action, Package, Test, Output }) =>
      Action === 'build-output'
        ? true
        : Action === 'output' && !PROGRESS.test(Output) && !(Test !== undefined && quiet.has(`${Package} ${Test}`)),
    )
    .map(({ Output }) => Output)
    .join('')
}

function* eventsOf(text: string): Generator<GoEvent> {
  for (const line of text.split('\n')) {
    if (!line.startsWith('{"')) continue
    try {
      const event = eventSchema.safeParse(JSON.parse(line))
      if (event.success) yield event.data
    } catch {
      // A line that was cut off when the command was stopped.
    }
  }
}

function take(event: GoEvent, { packages, builds }: Reading): void {
  if (event.Action.startsWith('build-')) {
    builds.set(event.ImportPath, `${builds.get(event.ImportPath) ?? ''}${event.Output}`.slice(0, MOST_OUTPUT))
    return
  }
  const found = packages.get(event.Package) ?? { tests: new Map(), own: unseen(), failed_build: undefined }
  packages.set(event.Package, found)
  const seen = event.Test === undefined ? found.own : (found.tests.get(event.Test) ?? unseen())
  if (event.Test !== undefined) found.tests.set(event.Test, seen)
  if (event.Action === 'output' && !PROGRESS.test(event.Output) && seen.output.length < MOST_OUTPUT)
    seen.output += event.Output
  const outcome = OUTCOMES[event.Action]
  if (outcome === undefined) return
  // With -count a name comes more than once; one failure is what counts.
  if (seen.outcome !== 'failed') seen.outcome = outcome
  seen.seconds = event.Elapsed
  if (event.Test === undefined) found.failed_build = event.FailedBuild
}

const unseen = (): Seen => ({ outcome: undefined, seconds: undefined, output: '' })

function resultsOf(name: string, found: Package, reading: Reading): readonly TestResult[] {
  const folder = packageFolder(name, reading.modules)
  const tests = [...found.tests].map(([test, seen]) => ofTest([name, test], seen, folder))
  const stand_in = (what: string, message: string) => [
    ...tests,
    testResult({ names: [name, what], outcome: 'error', message: placed(message, folder) }),
  ]
  if (found.failed_build !== undefined)
    return stand_in('(build)', reading.builds.get(found.failed_build) ?? found.own.output)
  const unexplained = !tests.some(({ outcome }) => outcome === 'failed' || outcome === 'error')
  const ended = found.own.outcome
  if (ended === 'failed' && unexplained)
    return stand_in(/\[(?:build|setup) failed\]/.test(found.own.output) ? '(build)' : '(package)', found.own.output)
  if (ended === 'passed' && tests.length === 0 && !FINISHED.test(found.own.output))
    return stand_in('(package)', `${found.own.output}the package ended with success and told of no test`)
  if (ended === undefined && unexplained) return stand_in('(package)', `${found.own.output}the package did not end`)
  return tests
}

/** A test that began and did not end took the process down with it, or was still running at its end. */
function ofTest(names: readonly string[], seen: Seen, folder: string | undefined): TestResult {
  const outcome = seen.outcome ?? 'error'
  const bad = outcome === 'failed' || outcome === 'error'
  const message = bad ? placed(seen.output, folder) : undefined
  const place = message === undefined ? null : /^[ \t]*((?:[\w.@-]+\/)*[\w.@-]+\.go):(\d+): /m.exec(message)
  const result = testResult({
    names,
    outcome,
    duration_ms: seen.seconds === undefined ? undefined : seen.seconds * 1000,
    message,
  })
  return place === null || folder === undefined ? result : { ...result, file: place[1] ?? '', line: Number(place[2]) }
}

/** Puts the package's folder in front of the file names that tests print. */
function placed(output: string, folder: string | undefined): string {
  if (folder === undefined || folder === '') return output
  return output.replaceAll(/^([ \t]+)([\w.@-]+\.go:\d+: )/gm, `$1${folder}/$2`)
}

function packageFolder(name: string, modules: ReadonlyMap<string, string>): string | undefined {
  const own = [...modules.keys()]
    .filter((module) => name === module || name.startsWith(`${module}/`))
    .sort((left, right) => right.length - left.length)[0]
  if (own === undefined) return undefined
  return [modules.get(own) ?? '', name.slice(own.length + 1)].filter((part) => part !== '').join('/')
}

const folderOf = (path: string): string => (path === '/workspace' ? '' : path.replace(/^\/workspace\//, ''))
