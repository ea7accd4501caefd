import type { BuildModule } from '#ports'
import type { BuildGround } from '../build/build-ground.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import { folderOf, nameOf, shellWord, under, upwards } from '../ground/path-parts.ts'
import { UNKNOWN_TEST, type FocusedTest } from './focused-test.ts'

interface Runner {
  readonly name: string
  /** What stands for it in scripts and packages. */
  readonly mark: RegExp
  readonly command: string
  /** Its own configuration, beside which it is run. */
  readonly config: RegExp | undefined
  /** Files it takes for tests without being told; absent: whatever it is given. */
  readonly takes?: RegExp
}

const NAMED = /[._-](test|spec)\.[cm]?[jt]sx?$/
const RUNNERS: readonly Runner[] = [
  {
    name: 'playwright',
    mark: /@playwright\/test|\bplaywright test\b/,
    command: 'playwright test',
    config: /^playwright\.config\.[cm]?[jt]s$/,
    takes: NAMED,
  },
  {
    name: 'cypress',
    mark: /\bcypress\b/,
    command: 'cypress run --spec',
    config: /^cypress\.(config\.[cm]?[jt]s|json)$/,
  },
  {
    name: 'vitest',
    mark: /\bvitest\b/,
    command: 'vitest run',
    config: /^(vitest\.(config|workspace)|vite\.config)[^/]*\.[cm]?[jt]s$/,
    takes: /\.(test|spec)\.[cm]?[jt]sx?$/,
  },
  {
    name: 'jest',
    mark: /\bjest\b/,
    command: 'jest',
    config: /^jest\.config\.([cm]?[jt]s|json)$/,
    takes: /(\.(test|spec)|(^|\/)__tests__\/.*)\.[cm]?[jt]sx?$/,
  },
  { name: 'mocha', mark: /\bmocha\b/, command: 'mocha', config: /^\.mocharc\.(json|jsonc|ya?ml|[cm]?js)$/ },
  { name: 'ava', mark: /\bava\b/, command: 'ava', config: /^ava\.config\.[cm]?js$/ },
  { name: 'tap', mark: /\b(tap|borp)\b/, command: 'tap', config: undefined },
  { name: 'jasmine', mark: /\bjasmine\b/, command: 'jasmine', config: undefined },
]
/** Options that take the next word as their value. */
const WITH_VALUE = /^(-r|--require|--import|--loader|--experimental-loader|-c|--config|-u|--ui|-t|--timeout|--env)$/
/** Options that change what a run tests, waits for or prints, and nothing of how one file is tested. */
const NOT_CARRIED =
  /^(--(watch|coverage|cover|run|ui|reporter|reporters|ci|bail|parallel|recursive|passWithNoTests|test|test-reporter|test-reporter-destination|test-coverage\S*|experimental-test-coverage|concurrency|test-concurrency|maxWorkers|runInBand|silent|verbose|color|colors)(=.*)?|-R|-w|-i|-b)$/

/** The runner the test script names; else the one that is wanted as a package; else that of Node itself. */
export function focusedNodeTest(path: string, module: BuildModule | undefined, build: BuildGround): FocusedTest {
  const { manifests } = build
  const is_e2e = /(^|\/)(e2e|cypress|playwright)\/|\.(e2e|cy)\./.test(path)
  const runners = RUNNERS.filter(({ name }) => is_e2e || (name !== 'playwright' && name !== 'cypress'))
  const folders = [...new Set([module?.path ?? '.', '.'])]
  for (const folder of folders) {
    const { scripts, packages } = toldBy(manifests.node.get(under(folder, 'package.json')))
    for (const script of scripts) {
      const runner = runners.find(({ mark }) => mark.test(script))
      if (runner !== undefined) return byRunner(path, { runner, folder, script, build })
      const of_node = ofNodeItself(path, script)
      if (of_node !== undefined) return of_node
    }
    const wanted = runners.find(({ mark }) => mark.test(packages))
    if (wanted !== undefined) return byRunner(path, { runner: wanted, folder, script: '', build })
  }
  return UNKNOWN_TEST
}

type Fields = Readonly<Record<string, unknown>>
interface ToldByManifest {
  readonly scripts: readonly string[]
  readonly packages: string
  readonly all: string
}

/** Thousands of tests ask the same few manifests. */
const KNOWN = new WeakMap<Fields, ToldByManifest>()
const NO_MANIFEST: Fields = {}

function toldBy(manifest: Fields = NO_MANIFEST): ToldByManifest {
  const made = KNOWN.get(manifest) ?? readManifest(manifest)
  KNOWN.set(manifest, made)
  return made
}

/** Scripts that test, `test` itself first, and every package that is asked for. */
function readManifest(manifest: Fields): ToldByManifest {
  const all = Object.entries(fieldsOf(manifest['scripts'])).flatMap(([name, script]) =>
    /^(test|unit|mocha|jest|vitest)\b/.test(name) ? [[name, stringOf(script) ?? ''] as const] : [],
  )
  const rank = (name: string): number => (name === 'test' ? 0 : /unit/.test(name) ? 1 : 2)
  const packages = { ...fieldsOf(manifest['dependencies']), ...fieldsOf(manifest['devDependencies']) }
  return {
    scripts: all.toSorted((a, b) => rank(a[0]) - rank(b[0])).map(([, script]) => script),
    packages: Object.keys(packages).join(' '),
    all: [...all.map(([, script]) => script), ...Object.keys(packages)].join(' '),
  }
}

function ofNodeItself(path: string, script: string): FocusedTest | undefined {
  if (/\bbun test\b/.test(script)) return { framework: 'bun', command: `bun test ${shellWord(`./${path}`)}` }
  const part = partOf(script, /\bnode\b.*\s--test(?=\s|$)/)
  if (part === undefined) return undefined
  const options = carried(part.replace(/^.*?\bnode\b/, ''))
  return { framework: 'node', command: ['node', ...options, '--test', shellWord(path)].join(' ') }
}

interface Choice {
  readonly runner: Runner
  readonly folder: string
  readonly script: string
  readonly build: BuildGround
}

function byRunner(path: string, { runner, folder, script, build }: Choice): FocusedTest {
  const { name, mark, command, takes } = runner
  if (takes !== undefined && !takes.test(path)) return UNKNOWN_TEST
  const config = configFor(path, runner, build)
  const at = config === undefined ? folder : folderOf(config)
  const inside = at === '.' ? path : path.slice(at.length + 1)
  const start = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }[build.node]
  const there = at === '.' ? '' : `cd ${shellWord(at)} && `
  const part = partOf(script, mark)
  const options = part === undefined || at !== folder ? [] : carried(part.replace(mark, ''))
  const named = config === undefined || isDefault(config) || options.some((each) => /^(-c|--config)\b/.test(each))
  const words = [
    start,
    command,
    ...options,
    ...(named ? [] : ['--config', shellWord(nameOf(config))]),
    shellWord(inside),
  ]
  return { framework: name, command: there + words.join(' ') }
}

const isDefault = (config: string): boolean => /^[^/]*?(config|workspace|mocharc)\.[^.]+$/.test(nameOf(config))

/** The nearest configuration above a test; of several in one folder the one whose patterns name the test. */
function configFor(path: string, { name, config }: Runner, { manifests }: BuildGround): string | undefined {
  if (config === undefined) return undefined
  for (const folder of upwards(folderOf(path))) {
    const is_vitest = /\bvitest\b/.test(toldBy(manifests.node.get(under(folder, 'package.json'))).all)
    const here = (manifests.runners.get(folder) ?? []).filter(
      (each) => config.test(nameOf(each)) && (is_vitest || !nameOf(each).startsWith('vite.')),
    )
    if (here.length === 0) continue
    const [first] = here.toSorted((a, b) => Number(isDefault(b)) - Number(isDefault(a)) || (a < b ? -1 : 1))
    if (name !== 'vitest' || here.length === 1) return first
    const inside = folder === '.' ? path : path.slice(folder.length + 1)
    const naming = here.find((each) => includes(manifests.texts.get(each) ?? '', inside))
    return naming ?? first
  }
  return undefined
}

/** True where `include` holds a pattern whose plain beginning the path has. */
function includes(text: string, inside: string): boolean {
  const list = /\binclude:\s*\[([^]{0,2000}?)\]\s*[,}\n]/.exec(text)?.[1] ?? ''
  const patterns = [...list.matchAll(/["'`]([^"'`\n]+)["'`]/g)].map(([, pattern = '']) => pattern.replace(/^\.\//, ''))
  return patterns.some((pattern) => {
    const plain = pattern.split(/[*?{[(]/)[0] ?? ''
    return plain !== '' && inside.startsWith(plain)
  })
}

/** The command of a script that holds a mark. */
const partOf = (script: string, mark: RegExp): string | undefined =>
  script.split(/&&|\|\||[;|]/).find((part) => mark.test(part))

/** Options of a command that a run of one file needs as well: what is loaded before it, which configuration it has. */
function carried(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  return words.flatMap((word, at): readonly string[] => {
    if (!word.startsWith('-') || NOT_CARRIED.test(word)) return []
    if (!/^[\w./@=:,-]+$/.test(word)) return []
    const value = words[at + 1]
    if (!WITH_VALUE.test(word)) return [word]
    return value === undefined || !/^[\w./@=:,-]+$/.test(value) ? [] : [word, value]
  })
}
