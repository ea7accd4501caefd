import type { PhaseFocus, ProfilePhase } from '#domain/verification'

/** How a test script is run by the platform, with results by test id. */
export type TestRun = Pick<ProfilePhase, 'argv' | 'results' | 'env' | 'focus' | 'module'>

const BIN = 'node_modules/.bin'
/** Switches that are the repository's taste or would let nothing pass for success; the platform decides these. */
const DROPPED =
  /^(?:--reporter|--reporters|--reporter-options?|-R|--outputFile|--test-reporter|--test-reporter-destination)(?:[.=]|$)|^(?:--watch|--watchAll|-w|--coverage|--experimental-test-coverage|--ui|--open|--passWithNoTests|--pass-with-no-tests|--silent|--verbose|-u|--update|--updateSnapshot|--bail)(?:=.*)?$/
const TAKES_VALUE =
  /^(?:--reporter|--reporters|--reporter-options?|-R|--outputFile|--test-reporter|--test-reporter-destination)$/

/** One command of a script line: environment in front, program and arguments. */
export interface ScriptCommand {
  readonly env: Readonly<Record<string, string>>
  readonly words: readonly string[]
  /** Words among them that a shell must expand. */
  readonly globs: ReadonlySet<string>
}

/** Splits a script at `&&` into plain commands; undefined where a shell is really needed. */
export function scriptCommands(script: string): readonly ScriptCommand[] | undefined {
  const commands: ScriptCommand[] = []
  for (const part of script.split('&&')) {
    const globs = new Set<string>()
    const words = shellWords(part.trim(), globs)
    if (words === undefined || words.length === 0) return undefined
    const env: Record<string, string> = {}
    let at = words[0] === 'cross-env' ? 1 : 0
    for (; at < words.length; at++) {
      const assignment = /^([A-Za-z_]\w*)=(.*)$/.exec(words[at] ?? '')
      if (assignment === null) break
      env[assignment[1] ?? ''] = assignment[2] ?? ''
    }
    const rest = words.slice(at)
    const runner = rest[0] === 'npx' ? rest.slice(rest[1]?.startsWith('-') === true ? 2 : 1) : rest
    if (runner.length === 0) return undefined
    commands.push({ env, words: runner, globs })
  }
  return commands
}

/** Words of a command without a shell; undefined for anything that only a shell can do. Bare globs are noted. */
function shellWords(text: string, globs: Set<string>): readonly string[] | undefined {
  if (/[|;&<>`$\\\n#~()]/.test(text)) return undefined
  const words: string[] = []
  for (const [whole] of text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)) {
    const bare = /^[^"']*[*?[{]/.test(whole)
    if (bare && /["']/.test(whole)) return undefined
    if (bare) globs.add(whole)
    words.push(
      whole.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
    )
  }
  return words
}

/** A known test runner's command with the platform's reporter; undefined for a command that is none. */
export function testRun(command: ScriptCommand): TestRun | undefined {
  const run = runnerOf(command)
  if (run === undefined || command.globs.size === 0) return run
  const line = run.argv.map((word) => (command.globs.has(word) ? word : quoted(word))).join(' ')
  return { ...run, argv: ['sh', '-c', `exec ${line}`] }
}

const SOURCES = ['.js', '.cjs', '.mjs', '.jsx', '.ts', '.cts', '.mts', '.tsx'] as const
const JSON_REPORT = { format: 'jest_json', path: '{results}.json' } as const
const XML_REPORT = { format: 'junit', path: '{results}.xml' } as const
const TAP_OUTPUT = { format: 'tap', path: '-' } as const

/** How one runner is told to report to the platform, and to run a part of its tests. */
interface Runner {
  readonly results: NonNullable<ProfilePhase['results']>
  /** Words of the script that say which command is run and are given anew by `first`. */
  readonly own?: RegExp
  readonly first?: readonly string[]
  readonly reporter: readonly string[]
  /** In front of test files; absent: files are named as they are. */
  readonly files?: readonly string[]
  /** In front of sources whose tests are wanted; absent: the runner cannot tell which tests belong to a source. */
  readonly related?: readonly string[]
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  vitest: {
    results: JSON_REPORT,
    own: /^(?:run|watch|dev)$/,
    first: ['run'],
    reporter: ['--passWithNoTests=false', '--reporter=default', '--reporter=json', '--outputFile.json={results}.json'],
    related: ['related', '--run'],
  },
  jest: {
    results: JSON_REPORT,
    reporter: ['--ci', '--json', '--testLocationInResults', '--outputFile={results}.json'],
    files: ['--runTestsByPath'],
    related: ['--findRelatedTests'],
  },
  // The plural is what every mocha reads; before version 6 there is no singular.
  mocha: { results: XML_REPORT, reporter: ['--reporter', 'xunit', '--reporter-options', 'output={results}.xml'] },
  ava: { results: TAP_OUTPUT, reporter: ['--tap'] },
  tape: { results: TAP_OUTPUT, reporter: [] },
}
const NODE_REPORTER = [
  '--test',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  '--test-reporter={node_reporter}',
  '--test-reporter-destination={results}.json',
] as const

function runnerOf({ env, words, globs }: ScriptCommand): TestRun | undefined {
  const [program = '', ...rest] = words
  const args = withoutDropped(rest)
  const given = Object.keys(env).length > 0 ? { env } : {}
  const named = program.replace(/^(?:\.\/)?node_modules\/\.bin\//, '')
  if (named === 'node' || named === 'tsx')
    return args.includes('--test') ? { ...given, ...nodeTest(named, args, globs) } : undefined
  const runner = Object.hasOwn(RUNNERS, named) ? RUNNERS[named] : undefined
  if (runner === undefined) return undefined
  const { first = [], files = [], related } = runner
  const own = args.filter((arg, at) => !(at === 0 && runner.own?.test(arg) === true) && !runner.reporter.includes(arg))
  const argv = (verb: readonly string[], more: readonly string[]) => [`${BIN}/${named}`, ...verb, ...more]
  const switches = withoutFiles(own, globs)
  const focus = (verb: readonly string[], mark: readonly string[]) =>
    part(argv(verb, [...switches, ...runner.reporter, ...mark, '{target}']), endingsOf(own, globs))
  return {
    ...given,
    argv: argv(first, [...own, ...runner.reporter]),
    results: runner.results,
    focus: focus(first, files),
    ...(related === undefined ? {} : { module: named === 'vitest' ? focus(related, []) : focus(first, related) }),
  }
}

const part = (argv: readonly string[], extensions: readonly string[]): PhaseFocus => ({ argv, by: 'path', extensions })

/** Where a build puts what tests are run from: a changed source of a test has no name there that could be told. */
const BUILT = /^(?:\.\/)?(?:dist|build|out|lib|target)\//

/** Endings of files that may be asked for: those that the script names itself, none where it runs built files. */
function endingsOf(args: readonly string[], globs: ReadonlySet<string>): readonly string[] {
  const switches = new Set(withoutFiles(args, globs))
  const named = args.filter((arg) => !switches.has(arg))
  if (named.some((name) => BUILT.test(name))) return []
  const endings = named.flatMap((name) => /\.[cm]?[jt]sx?$/.exec(name)?.[0] ?? [])
  return endings.length === 0 ? SOURCES : [...new Set(endings)]
}

/** A script's own test files and folders give way to those that are asked for; switches stay, with the word behind. */
const withoutFiles = (args: readonly string[], globs: ReadonlySet<string>): readonly string[] =>
  args.filter((arg, at) => !globs.has(arg) && (arg.startsWith('-') || /^-[^=]*$/.test(args[at - 1] ?? '')))

function nodeTest(program: string, args: readonly string[], globs: ReadonlySet<string>): TestRun {
  const at = args.indexOf('--test')
  const line = (before: readonly string[], after: readonly string[]) => [
    program === 'node' ? 'node' : `${BIN}/${program}`,
    ...before,
    ...NODE_REPORTER,
    ...after,
  ]
  const [before, after] = [args.slice(0, at), args.slice(at + 1)]
  return {
    argv: line(before, after),
    results: JSON_REPORT,
    focus: part(line(before, [...withoutFiles(after, globs), '{target}']), endingsOf(after, globs)),
  }
}

function withoutDropped(args: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!DROPPED.test(arg)) kept.push(arg)
    else if (TAKES_VALUE.test(arg)) at++
  }
  return kept
}

/** Runs a script line as it stands in the base commit, with the repository's own programs on the path. */
export const shellRun = (script: string): TestRun => ({
  argv: ['sh', '-c', `PATH="$PWD/node_modules/.bin:$PATH"; ${script}`],
})

/** One plain command of a script line, run by a shell as it stands. */
export function commandLine({ env, words, globs }: ScriptCommand): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`)
  return [...assignments, ...words.map((word) => (globs.has(word) ? word : quoted(word)))].join(' ')
}

const quoted = (word: string): string => (/^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
