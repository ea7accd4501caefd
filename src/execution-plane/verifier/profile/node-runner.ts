import type { ProfilePhase } from '#domain/verification'

/** How a test script is run by the platform, with results by test id. */
export type TestRun = Pick<ProfilePhase, 'argv' | 'results' | 'env'>

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

function runnerOf({ env, words }: ScriptCommand): TestRun | undefined {
  const [program = '', ...rest] = words
  const args = withoutDropped(rest)
  const json = { format: 'jest_json', path: '{results}.json' } as const
  const given = Object.keys(env).length > 0 ? { env } : {}
  const named = program.replace(/^(?:\.\/)?node_modules\/\.bin\//, '')
  switch (named) {
    case 'vitest': {
      const own = args.filter((arg, at) => !(at === 0 && ['run', 'watch', 'dev'].includes(arg)))
      const argv = [`${BIN}/vitest`, 'run', ...own, '--passWithNoTests=false']
      return {
        ...given,
        argv: [...argv, '--reporter=default', '--reporter=json', '--outputFile.json={results}.json'],
        results: json,
      }
    }
    case 'jest':
      return {
        ...given,
        argv: [`${BIN}/jest`, ...args, '--ci', '--json', '--testLocationInResults', '--outputFile={results}.json'],
        results: json,
      }
    case 'mocha':
      return {
        ...given,
        // The plural is what every mocha reads; before version 6 there is no singular.
        argv: [`${BIN}/mocha`, ...args, '--reporter', 'xunit', '--reporter-options', 'output={results}.xml'],
        results: { format: 'junit', path: '{results}.xml' },
      }
    case 'ava':
      return {
        ...given,
        argv: [`${BIN}/ava`, ...args.filter((arg) => arg !== '--tap'), '--tap'],
        results: { format: 'tap', path: '-' },
      }
    case 'tape':
      return { ...given, argv: [`${BIN}/tape`, ...args], results: { format: 'tap', path: '-' } }
    case 'node':
    case 'tsx':
      return args.includes('--test') ? { ...given, argv: nodeTest(named, args), results: json } : undefined
    default:
      return undefined
  }
}

function nodeTest(program: string, args: readonly string[]): readonly string[] {
  const at = args.indexOf('--test')
  return [
    program === 'node' ? 'node' : `${BIN}/${program}`,
    ...args.slice(0, at),
    '--test',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter={node_reporter}',
    '--test-reporter-destination={results}.json',
    ...args.slice(at + 1),
  ]
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
