import type { BuildModule } from '#ports'
import type { BuildGround } from '../build/build-ground.ts'
import { gradlePlace } from '../build/gradle.ts'
import { folderOf, nameOf, shellWord, stemOf } from '../ground/path-parts.ts'
import { focusedNodeTest } from './focused-node.ts'
import { focusedRustTest } from './focused-rust.ts'
import { UNKNOWN_TEST, type FocusedTest } from './focused-test.ts'

/** A file that is to be tested alone, with what is asked about it. */
export interface TestSubject {
  readonly path: string
  readonly language: string | undefined
  readonly module: BuildModule | undefined
  /** Names of its functions at the top, in their order. */
  readonly functions: () => readonly string[]
  /** Files that declare a file as their module. */
  readonly declaredBy: (path: string) => readonly string[]
}

/** Files of a test folder that hold no tests themselves. */
const SUPPORT =
  /(^|\/)(conftest\.py|__init__\.py|spec_helper\.rb|rails_helper\.rb|test_helper\.rb|(fixtures?|testdata|test-data|support|helpers?|utils?|__mocks__|__fixtures__|__snapshots__)\/.*|(setup|helpers?|utils?|globals?)[^/]*)$/i
const NAMED_TEST = /[._-](test|spec)s?\.\w+$|^tests?_|^spec_|(Test|Tests|IT|Spec|TestCase)\.\w+$/i

/** True where a name says that the file holds tests, whatever runs them. */
export const isNamedTest = (path: string): boolean => NAMED_TEST.test(nameOf(path))

/** How the tests of one file are run alone, told by the manifests of its module. */
export function focusedTest(subject: TestSubject, build: BuildGround): FocusedTest {
  const { path, language, module, declaredBy } = subject
  if (language !== 'Rust' && SUPPORT.test(path) && !isNamedTest(path)) return UNKNOWN_TEST
  switch (language) {
    case 'TypeScript':
    case 'JavaScript':
      return focusedNodeTest(path, module, build)
    case 'Python':
      return pythonTest(path, build)
    case 'Go':
      return path.endsWith('_test.go') ? goTest(subject) : UNKNOWN_TEST
    case 'Rust':
      return focusedRustTest(path, module, build, declaredBy)
    case 'Java':
    case 'Kotlin':
    case 'Groovy':
    case 'Scala':
      return jvmTest(path, module, build)
    case 'Ruby':
      return rubyTest(path, build)
    case 'PHP':
      return path.endsWith('Test.php')
        ? { framework: 'phpunit', command: `vendor/bin/phpunit ${shellWord(path)}` }
        : UNKNOWN_TEST
    case 'C#':
      return dotnetTest(path, module)
    case undefined:
    default:
      return UNKNOWN_TEST
  }
}

function pythonTest(path: string, { pytest, has }: BuildGround): FocusedTest {
  const name = nameOf(path)
  if (!/^(test_.*|.*_tests?)\.py$/.test(name) && !/^tests?\.py$/.test(name)) return UNKNOWN_TEST
  if (pytest) return { framework: 'pytest', command: `pytest ${shellWord(path)}` }
  if (!has('manage.py')) return { framework: 'unittest', command: `python -m unittest ${shellWord(path)}` }
  const module = path.replace(/\.py$/, '').replaceAll('/', '.')
  return { framework: 'django', command: `python manage.py test ${shellWord(module)}` }
}

/** A package of Go has all its tests in one program: the functions of one file are picked by their names. */
const MOST_NAMED = 40

function goTest({ path, module, functions }: TestSubject): FocusedTest {
  const at = module === undefined || module.path === '.' ? '' : `-C ${shellWord(module.path)} `
  const folder = folderOf(path)
  const inside =
    module === undefined || module.path === '.'
      ? folder
      : folder === module.path
        ? '.'
        : folder.slice(module.path.length + 1)
  const names = functions().filter((name) => /^(Test|Fuzz|Example)(?![a-z])/.test(name) && name !== 'TestMain')
  if (functions().length > 0 && names.length === 0) return UNKNOWN_TEST
  const only = names.length === 0 || names.length > MOST_NAMED ? '' : ` -run '^(${names.join('|')})$'`
  return { framework: 'go', command: `go ${at}test${only} ${shellWord(inside === '.' ? '.' : `./${inside}`)}` }
}

function jvmTest(path: string, module: BuildModule | undefined, build: BuildGround): FocusedTest {
  const name = stemOf(path)
  if (!/(Test|Tests|IT|Spec|TestCase)$|^Test/.test(name)) return UNKNOWN_TEST
  const at_root = module === undefined || module.path === '.'
  if (module?.system === 'maven') {
    const maven = build.has('mvnw') ? './mvnw' : 'mvn'
    const within = at_root ? '' : ` -pl ${shellWord(module.path)} -am -Dsurefire.failIfNoSpecifiedTests=false`
    return { framework: 'maven', command: `${maven}${within} ${shellWord(`-Dtest=${name}`).replace(/^\.\//, '')} test` }
  }
  if (module?.system !== 'gradle') return UNKNOWN_TEST
  const { start, task } = gradlePlace(module.path, 'test', build)
  return { framework: 'gradle', command: `${start} ${task} --tests ${shellWord(`*.${name}`)}` }
}

function rubyTest(path: string, { has }: BuildGround): FocusedTest {
  if (path.endsWith('_spec.rb')) return { framework: 'rspec', command: `bundle exec rspec ${shellWord(path)}` }
  if (!/(^|\/)(test_[^/]+|[^/]+_test|spec_[^/]+)\.rb$/.test(path)) return UNKNOWN_TEST
  if (has('bin/rails')) return { framework: 'rails', command: `bin/rails test ${shellWord(path)}` }
  return { framework: 'minitest', command: `bundle exec ruby -Ilib -Itest ${shellWord(path)}` }
}

function dotnetTest(path: string, module: BuildModule | undefined): FocusedTest {
  const project = module === undefined || module.path === '.' ? '' : ` ${shellWord(module.path)}`
  const filter = shellWord(`FullyQualifiedName~${stemOf(path)}`)
  return { framework: 'dotnet', command: `dotnet test${project} --filter ${filter}` }
}
