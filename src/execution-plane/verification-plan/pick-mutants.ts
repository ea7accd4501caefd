import type { Change } from '#domain/change'
import { addedLines, contentOf, isTestFile } from '#execution-plane/patch'
import type { LineHits } from '#execution-plane/line-coverage'
import { chooseMutants, findMutants, type Mutant } from '#execution-plane/mutation'
import type { RunRepository } from '#ports'
import { languageOf } from '#syntax'
import { testsOfChange } from './base-tests.ts'

const MOST_SOURCE_BYTES = 1_000_000
const MOST_NEARBY_FILES = 5
/** Written by programs, or read by them alone. */
const NO_SOURCE =
  /\.d\.[cm]?ts$|\.min\.[cm]?js$|(?:^|\/)(?:node_modules|vendor|third_party|dist|build|target)\/|(?:^|\/)[^/]*\.config\.[cm]?[jt]s$|_pb2?\.\w+$|\.pb\.go$/

/** The sources that a trial is about, as they are in the proposed tree. */
export interface Sources {
  /** Changed sources with their changed lines. */
  readonly changed: readonly { readonly path: string; readonly lines: readonly number[] }[]
  /** Texts of the changed sources and of those that may stand near them. */
  readonly texts: ReadonlyMap<string, string>
  /** Tests of the change, and those named like its sources. */
  readonly test_files: readonly string[]
}

interface Wanted {
  readonly change: Change
  readonly repository: Pick<RunRepository, 'readFile' | 'listFiles'>
}

/** Reads what was changed, and the sources that changed tests are named after. */
export async function readSources({ change, repository }: Wanted): Promise<Sources> {
  const texts = new Map<string, string>()
  const changed: { path: string; lines: readonly number[] }[] = []
  const listed = (await repository.listFiles(change.head_tree)).filter(({ bytes }) => bytes <= MOST_SOURCE_BYTES)
  const sizes = new Set(listed.map(({ path }) => path))
  const read = async (tree: string, path: string) => {
    const bytes = await repository.readFile(tree, path)
    return bytes === undefined ? undefined : contentOf(bytes)
  }
  for (const { path, kind } of change.files) {
    if (kind === 'deleted' || !isSource(path) || !sizes.has(path)) continue
    const [before, after] = await Promise.all([
      kind === 'added' ? undefined : read(change.base_tree, path),
      read(change.head_tree, path),
    ])
    if (after?.lines === undefined) continue
    texts.set(path, new TextDecoder().decode(after.bytes))
    changed.push({ path, lines: addedLines({ before, after }).map(({ line }) => line) })
  }
  const tests = testsOfChange(change.files).files.filter(({ kind, path }) => kind !== 'deleted' && isTestFile(path))
  const stems = new Set(tests.map(({ path }) => stemOf(path)))
  const nearby = [...sizes].filter((path) => isSource(path) && !texts.has(path))
  for (const path of nearby.filter((one) => stems.has(stemOf(one))).slice(0, MOST_NEARBY_FILES)) {
    const content = await read(change.head_tree, path)
    if (content?.lines !== undefined) texts.set(path, new TextDecoder().decode(content.bytes))
  }
  const own = new Set(changed.map(({ path }) => stemOf(path)))
  const named = [...sizes].filter((path) => isTestFile(path) && own.has(stemOf(path)))
  return { changed, texts, test_files: [...new Set([...tests.map(({ path }) => path), ...named])].slice(0, 50) }
}

const isSource = (path: string): boolean => languageOf(path) !== undefined && !isTestFile(path) && !NO_SOURCE.test(path)

/** What a source and its tests have in common: `src/a-b.ts`, `a-b.test.ts`, `test_a_b.py` and `ABTest.java`. */
const stemOf = (path: string): string =>
  path
    .replace(/^.*\//, '')
    .replace(/\.\w+$/, '')
    .replace(/[._-](?:test|tests|spec)$|^test[_-]|(?:Tests?|TestCase|Spec|IT)$/, '')
    .replaceAll(/[._-]/g, '')
    .toLowerCase()

/**
 * The mutants that are tried. Where tests of the base commit were altered, half of them may lie in code that stayed: what
 * a weakened test stops noticing need not have changed.
 */
export async function pickMutants(
  {
    change,
    most,
    base_tests_tree,
  }: { readonly change: Change; readonly most: number; readonly base_tests_tree: string | null },
  sources: Sources,
  hits: readonly LineHits[] | undefined,
): Promise<readonly Mutant[]> {
  const lines = new Map(sources.changed.map(({ path, lines: own }) => [path, new Set(own)]))
  const isChanged = (path: string, line: number) => lines.get(path)?.has(line) === true
  const all = (await Promise.all([...sources.texts].map(([path, text]) => findMutants(path, text)))).flat()
  const reached = (mutant: Mutant) => {
    const file = hits?.find(({ path }) => path === mutant.path)
    return file === undefined || file.hit.has(mutant.line)
  }
  const own = all.filter(({ path, line }) => isChanged(path, line))
  const near =
    base_tests_tree !== null ? all.filter((mutant) => !isChanged(mutant.path, mutant.line) && reached(mutant)) : []
  const choose = (from: readonly Mutant[], at_most: number) =>
    chooseMutants(from, { seed: change.head_tree, most: at_most, isChanged })
  const half = Math.min(near.length, Math.ceil(most / 2))
  const first = choose(own, most - half)
  return [...first, ...choose(near, most - first.length)]
}
