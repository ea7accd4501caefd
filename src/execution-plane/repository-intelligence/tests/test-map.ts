import type { TestMap } from '#ports'
import { isAside } from '../ground/aside.ts'
import { bounded } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { filteredInTurns, inTurns } from '../ground/in-turns.ts'
import { isNamedTest } from './focused-command.ts'
import type { FocusedTest } from './focused-test.ts'
import { testsItself, type Reached } from './reach.ts'

const MOST_TESTS = 2_000
const MOST_SOURCES = 2_000
const MOST_REACHED = 30
const MOST_REACHING = 8
const MOST_UNREACHED = 100
/** What no test imports, however well it is tested. */
const NO_PROGRAM: ReadonlySet<string> = new Set([
  'CSS',
  'SCSS',
  'Less',
  'HTML',
  'SQL',
  'Protocol Buffers',
  'GraphQL',
  'Terraform',
])

/** What declares a package or types, and does nothing. */
const NO_CODE = /(^|\/)(package-info|module-info)\.java$|\.d\.[cm]?ts$|\.pyi$/

interface Parts {
  readonly reach: ReadonlyMap<string, readonly Reached[]>
  readonly by_source: ReadonlyMap<string, readonly Reached[]>
  readonly focused: (path: string) => FocusedTest
}

/** Which tests reach which code, and how each is run alone. */
export async function testMapOf(ground: Ground, { reach, by_source, focused }: Parts): Promise<TestMap> {
  const commands = new Map<string, FocusedTest>()
  await inTurns(ground.code, (file) => {
    if (!holdsTests(ground, file)) return
    const told = focused(file.path)
    if (told.command !== null || isNamedTest(file.path)) commands.set(file.path, told)
  })
  const sources = await filteredInTurns(
    ground.code,
    ({ kind, language = '', path }) =>
      kind === 'source' && !NO_PROGRAM.has(language) && !isAside(path) && !NO_CODE.test(path),
  )
  const reached = sources.filter(({ path }) => by_source.has(path))
  const unreached = sources.filter(({ path }) => !by_source.has(path))
  const tests = [...commands]
  return {
    version: 1,
    commit: ground.commit,
    tests: tests.length,
    support: ground.code.filter(({ kind, path }) => kind === 'test' && !commands.has(path)).length,
    sources: sources.length,
    reached_sources: reached.length,
    files: {
      entries: tests.slice(0, MOST_TESTS).map(([path, told]) => ({
        path,
        ...told,
        reaches: bounded(reach.get(path) ?? [], MOST_REACHED),
      })),
      more: Math.max(0, tests.length - MOST_TESTS),
    },
    reached: {
      entries: reached
        .slice(0, MOST_SOURCES)
        .map(({ path }) => ({ path, tests: bounded(by_source.get(path) ?? [], MOST_REACHING) })),
      more: Math.max(0, reached.length - MOST_SOURCES),
    },
    unreached: bounded(mostLines(unreached), MOST_UNREACHED),
  }
}

const mostLines = (files: readonly MappedFile[]): readonly string[] =>
  files.toSorted((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1)).map(({ path }) => path)

/** True for a file of tests, and for a source that keeps its own. */
export const holdsTests = (ground: Ground, file: MappedFile): boolean =>
  file.kind === 'test' || (file.kind === 'source' && testsItself(ground, file))
