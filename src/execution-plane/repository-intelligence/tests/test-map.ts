import type { BuildModule, TestMap } from '#ports'
import type { BuildGround } from '../build/build-ground.ts'
import { bounded } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { focusedTest } from './focused-command.ts'
import type { Reached } from './reach.ts'

const MOST_TESTS = 2_000
const MOST_REACHED = 30
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

interface Parts {
  readonly reach: ReadonlyMap<string, readonly Reached[]>
  readonly build: BuildGround
  readonly moduleOf: (path: string) => BuildModule | undefined
}

/** Which tests reach which code, and how each is run alone. */
export function testMapOf(ground: Ground, { reach, build, moduleOf }: Parts): TestMap {
  const tests = ground.code.filter(({ kind }) => kind === 'test')
  const sources = ground.code.filter(({ kind, language = '' }) => kind === 'source' && !NO_PROGRAM.has(language))
  const reached = new Set([...reach.values()].flatMap((paths) => paths.map(({ path }) => path)))
  const is_reached = (file: MappedFile): boolean => reached.has(file.path) || testsItself(ground, file)
  const unreached = sources
    .filter((file) => !is_reached(file))
    .toSorted((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1))
  return {
    version: 1,
    commit: ground.commit,
    tests: tests.length,
    sources: sources.length,
    reached_sources: sources.length - unreached.length,
    files: {
      entries: tests.slice(0, MOST_TESTS).map((file) => ({
        path: file.path,
        ...focusedTest(file, moduleOf(file.path), build),
        reaches: bounded(reach.get(file.path) ?? [], MOST_REACHED),
      })),
      more: Math.max(0, tests.length - MOST_TESTS),
    },
    unreached: bounded(
      unreached.map(({ path }) => path),
      MOST_UNREACHED,
    ),
  }
}

/** Rust keeps tests of a file in a module of it. */
const testsItself = (ground: Ground, { path, language }: MappedFile): boolean =>
  language === 'Rust' && ground.symbolsOf(path).some(({ kind, name }) => kind === 'module' && /^tests?$/.test(name))
