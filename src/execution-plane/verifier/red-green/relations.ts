import type { TestResult } from '#domain/verification'
import { declarations } from './declarations.ts'

/** One file of a change as it is on both sides; an empty text where a side has none. */
export interface ChangedText {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What is looked at to see whether a test has to do with a change. */
export interface RelationGround {
  /** What the task says, in its own words. */
  readonly task: string
  /** Changed sources. */
  readonly code: readonly ChangedText[]
  /** Tests of the change and what they read. */
  readonly tests: readonly ChangedText[]
  /** Other test files of the head, by path. */
  readonly others: ReadonlyMap<string, string>
}

/** Shorter words are in every text. */
const SHORTEST = 4
const PLAIN_STEMS = new Set(['index', 'main', 'init', '__init__', 'test', 'tests', 'utils', 'util', 'types', 'core'])

/**
 * Why a test that the base commit has belongs to a task or its change; undefined where nothing shows that: it is a test of
 * the change, the task names it, its failure or its text names a changed source, or something that one declares.
 */
export function relationOf(test: TestResult, { task, code, tests, others }: RelationGround): string | undefined {
  const own = tests.find(({ path, after }) => isTestOf(test, path, after))
  if (own !== undefined) return `the change has it in ${own.path}`
  const named = namedBy(test, task)
  if (named !== undefined) return `the task names ${named}`
  const said = test.message ?? ''
  const failing = code.find(({ path }) => said.includes(path))
  if (failing !== undefined) return `its failure names ${failing.path}, which was changed`
  const file = [...others].find(([path, text]) => isTestOf(test, path, text))
  if (file === undefined) return undefined
  return namesSource(file, code)
}

/** What in a task's words names a test: its file, its class or its own name, where that is no everyday word. */
export function namedBy({ id, file }: Pick<TestResult, 'id' | 'file'>, task: string): string | undefined {
  const paths = file === undefined ? [] : [file, file.replace(/^.*\//, '')]
  const names = id.split(/::|[.$#>]\s*|\s+>\s+/).map((part) => part.replace(/[[(].*$/, '').trim())
  const telling = names.filter(
    (name) => name.length >= SHORTEST && (/[_\s\d]|[a-z][A-Z]/.test(name) || name.length > 14),
  )
  return [...(id.includes('::') ? [id] : []), ...paths, ...telling].find((name) => hasWord(task, name))
}

/** True where a result can be one of this file. */
export function isTestOf({ id, file }: Pick<TestResult, 'id' | 'file'>, path: string, text: string): boolean {
  if (file !== undefined && (file === path || path.endsWith(`/${file}`) || file.endsWith(`/${path}`))) return true
  const module = path.replace(/\.\w+$/, '').replaceAll('/', '.')
  if (id.includes(path) || hasWord(id, module)) return true
  const folder = path.includes('/') ? path.replace(/\/[^/]*$/, '').replace(/^.*\//, '') : ''
  const segments = id.split(/[^\p{L}\p{N}_$]+/u)
  if (segments.includes(stemOf(path)) && /\.(?:java|kt|kts|scala|groovy)$/.test(path)) return true
  if (!/\.(?:go|rs)$/.test(path)) return false
  const leaf = (id.split('::').at(-1) ?? '').replace(/\/.*$/, '')
  return hasWord(text, leaf) && (path.endsWith('.rs') || folder === '' || segments.includes(folder))
}

function namesSource([path, text]: readonly [string, string], code: readonly ChangedText[]): string | undefined {
  for (const changed of code) {
    const stem = telling(changed.path)
    if (stem !== undefined && hasWord(text, stem)) return `${path} names ${changed.path}, which was changed`
    if (changed.path.endsWith('.go') && folderOf(changed.path) === folderOf(path))
      return `${path} is in the package of ${changed.path}, which was changed`
    const symbol = declaredIn(changed).find((name) => name.length > SHORTEST && hasWord(text, name))
    if (symbol !== undefined) return `${path} names ${symbol} of ${changed.path}, which was changed`
  }
  return undefined
}

/** The name by which other files know a source: its own, or its folder's where its own says nothing. */
function telling(path: string): string | undefined {
  const own = stemOf(path)
  const stem = PLAIN_STEMS.has(own) ? folderOf(path).replace(/^.*\//, '') : own
  return stem.length < 3 || PLAIN_STEMS.has(stem) ? undefined : stem
}

const declaredIn = ({ before, after }: ChangedText): readonly string[] => [
  ...new Set([before, after].flatMap((text) => [...declarations(text).keys()])),
]

/** Whether a name is there with the change and nowhere in what it changed without it. */
export function broughtBy(code: readonly ChangedText[]): (name: string) => boolean {
  return (name) =>
    code.some(({ path, after }) => hasWord(after, name) || (after !== '' && stemOf(path) === name)) &&
    !code.some(({ path, before }) => hasWord(before, name) || (before !== '' && stemOf(path) === name))
}

/** A word as a whole: no letter, digit or underscore beside it. */
export function hasWord(text: string, word: string): boolean {
  if (word === '') return false
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return true
  return false
}

const isPart = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character)

const stemOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.\w+$/, '')

const folderOf = (path: string): string => (path.includes('/') ? path.replace(/\/[^/]*$/, '') : '')
