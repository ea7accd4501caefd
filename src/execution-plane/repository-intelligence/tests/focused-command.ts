import type { BuildModule } from '#ports'
import type { BuildGround } from '../build/build-ground.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'
import { folderOf, nameOf, shellWord, stemOf, under } from '../ground/path-parts.ts'
import type { MappedFile } from '../ground/ground.ts'

/** What runs the tests of one file, and how; either may be unknown. */
export interface FocusedTest {
  readonly framework: string | null
  /** To be run at the root of the repository. */
  readonly command: string | null
}

const UNKNOWN: FocusedTest = { framework: null, command: null }
/** Files of a test folder that hold no tests themselves. */
const SUPPORT =
  /(^|\/)(conftest\.py|__init__\.py|spec_helper\.rb|test_helper\.rb|mod\.rs|(fixtures?|testdata|support|helpers?|utils?|__mocks__|__fixtures__)\/.*|(setup|helpers?|utils?)[^/]*)$/i
const NAMED_TEST = /[._-](test|spec)s?\.\w+$|^tests?_|(Test|Tests|IT|Spec)\.\w+$/i

/** How the tests of one file are run alone, told by the manifests of its module. */
export function focusedTest(file: MappedFile, module: BuildModule | undefined, build: BuildGround): FocusedTest {
  const { path, language } = file
  if (SUPPORT.test(path) && !NAMED_TEST.test(nameOf(path))) return UNKNOWN
  switch (language) {
    case 'TypeScript':
    case 'JavaScript':
      return nodeTest(path, module, build)
    case 'Python':
      return pythonTest(path, build)
    case 'Go':
      return path.endsWith('_test.go') ? goTest(path, module) : UNKNOWN
    case 'Rust':
      return rustTest(path, module, build)
    case 'Java':
    case 'Kotlin':
    case 'Groovy':
    case 'Scala':
      return jvmTest(path, module, build)
    case 'Ruby':
      return rubyTest(path)
    case 'PHP':
      return path.endsWith('Test.php')
        ? { framework: 'phpunit', command: `vendor/bin/phpunit ${shellWord(path)}` }
        : UNKNOWN
    case 'C#':
      return { framework: 'dotnet', command: `dotnet test --filter ${shellWord(`FullyQualifiedName~${stemOf(path)}`)}` }
    case undefined:
    default:
      return UNKNOWN
  }
}

const NODE_RUNNERS: readonly (readonly [string, RegExp, string])[] = [
  ['playwright', /@playwright\/test/, 'playwright test'],
  ['cypress', /\bcypress\b/, 'cypress run --spec'],
  ['vitest', /\bvitest\b/, 'vitest run'],
  ['jest', /\bjest\b/, 'jest'],
  ['mocha', /\bmocha\b/, 'mocha'],
  ['ava', /\bava\b/, 'ava'],
  ['tap', /\b(tap|borp)\b/, 'tap'],
  ['jasmine', /\bjasmine\b/, 'jasmine'],
]

/** The runner the test script names; else the one that is wanted as a package; else that of Node itself. */
function nodeTest(path: string, module: BuildModule | undefined, { manifests, node }: BuildGround): FocusedTest {
  const of = (folder: string) => manifests.node.get(under(folder, 'package.json')) ?? {}
  const folder = module?.path ?? '.'
  const is_e2e = /(^|\/)(e2e|cypress|playwright)\/|\.(e2e|cy)\./.test(path)
  const wanted = [of(folder), of('.')].map((manifest) => {
    const scripts = fieldsOf(manifest['scripts'])
    const packages = { ...fieldsOf(manifest['dependencies']), ...fieldsOf(manifest['devDependencies']) }
    return { script: stringOf(scripts['test']) ?? '', names: Object.keys(packages).join(' ') }
  })
  const fits = ([name]: readonly [string, RegExp, string]) => is_e2e || (name !== 'playwright' && name !== 'cypress')
  const runners = NODE_RUNNERS.filter(fits)
  const texts = wanted.flatMap(({ script, names }) => [script, names])
  const [name, , command] =
    texts.map((text) => runners.find(([, mark]) => mark.test(text))).find((each) => each !== undefined) ?? []
  if (name !== undefined && command !== undefined) {
    const inside = name === 'vitest' || folder === '.' ? path : path.slice(folder.length + 1)
    const start = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }[node]
    const there = name === 'vitest' || folder === '.' ? '' : `cd ${shellWord(folder)} && `
    return { framework: name, command: `${there}${start} ${command} ${shellWord(inside)}` }
  }
  if (wanted.some(({ script }) => /\bbun test\b/.test(script)))
    return { framework: 'bun', command: `bun test ${shellWord(`./${path}`)}` }
  return wanted.some(({ script }) => /\bnode\b.*--test\b/.test(script))
    ? { framework: 'node', command: `node --test ${shellWord(path)}` }
    : UNKNOWN
}

function pythonTest(path: string, { pytest }: BuildGround): FocusedTest {
  if (!/^(test_.*|.*_tests?)\.py$/.test(nameOf(path)) && !/^tests?\.py$/.test(nameOf(path))) return UNKNOWN
  if (pytest) return { framework: 'pytest', command: `pytest ${shellWord(path)}` }
  return { framework: 'unittest', command: `python -m unittest ${shellWord(path)}` }
}

function goTest(path: string, module: BuildModule | undefined): FocusedTest {
  const at = module === undefined || module.path === '.' ? '' : `-C ${shellWord(module.path)} `
  const folder = folderOf(path)
  const inside =
    module === undefined || module.path === '.'
      ? folder
      : folder === module.path
        ? '.'
        : folder.slice(module.path.length + 1)
  return { framework: 'go', command: `go ${at}test ${shellWord(inside === '.' ? '.' : `./${inside}`)}` }
}

function rustTest(path: string, module: BuildModule | undefined, { manifests }: BuildGround): FocusedTest {
  const folder = module?.path ?? '.'
  const name = stringOf(fieldsOf(manifests.cargo.get(under(folder, 'Cargo.toml'))?.['package'])['name'])
  const inside = folder === '.' ? path : path.slice(folder.length + 1)
  const target = /^tests\/([^/]+)(?:\.rs|\/)/.exec(inside)?.[1]
  const of_package = name === undefined || folder === '.' ? '' : ` -p ${shellWord(name)}`
  if (target !== undefined)
    return { framework: 'cargo', command: `cargo test${of_package} --test ${shellWord(target)}` }
  return { framework: 'cargo', command: `cargo test${of_package}` }
}

function jvmTest(path: string, module: BuildModule | undefined, { has }: BuildGround): FocusedTest {
  const name = stemOf(path)
  if (!/(Test|Tests|IT|Spec|TestCase)$|^Test/.test(name)) return UNKNOWN
  const at_root = module === undefined || module.path === '.'
  if (module?.system === 'maven') {
    const maven = has('mvnw') ? './mvnw' : 'mvn'
    const within = at_root ? '' : ` -pl ${shellWord(module.path)} -am -Dsurefire.failIfNoSpecifiedTests=false`
    return { framework: 'maven', command: `${maven}${within} ${shellWord(`-Dtest=${name}`).replace(/^\.\//, '')} test` }
  }
  if (module?.system !== 'gradle') return UNKNOWN
  const gradle = has('gradlew') ? './gradlew' : 'gradle'
  const task = at_root ? 'test' : shellWord(`:${module.path.replaceAll('/', ':')}:test`)
  return { framework: 'gradle', command: `${gradle} ${task} --tests ${shellWord(`*.${name}`)}` }
}

function rubyTest(path: string): FocusedTest {
  if (path.endsWith('_spec.rb')) return { framework: 'rspec', command: `bundle exec rspec ${shellWord(path)}` }
  return /(^|\/)(test_[^/]+|[^/]+_test|spec_[^/]+)\.rb$/.test(path)
    ? { framework: 'minitest', command: `bundle exec ruby -Ilib -Itest ${shellWord(path)}` }
    : UNKNOWN
}
