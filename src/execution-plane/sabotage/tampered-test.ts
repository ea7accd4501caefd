import { isTestFile, readInventory, type Assertion, type TestCase } from '#execution-plane/test-integrity'
import { languageOf, type SyntaxLanguage } from '#syntax'

/** Languages that are written as JavaScript is, where a tamper is spelled. */
export const JAVASCRIPT: ReadonlySet<string> = new Set(['javascript', 'typescript', 'tsx'])

/** One test of some files that a mutator may change. */
export interface Target {
  readonly path: string
  readonly language: SyntaxLanguage
  readonly lines: readonly string[]
  readonly test: TestCase
}

/** A line of a target by its number, from 1. */
export const lineAt = (target: Target, line: number): string => target.lines[line - 1] ?? ''

/** The blanks a line begins with. */
export const indentOf = (text: string): string => /^\s*/.exec(text)?.[0] ?? ''

/** The text with some lines, both ends included, replaced by others. */
export const spliced = (target: Target, from: number, to: number, by: readonly string[] = []): string =>
  [...target.lines.slice(0, from - 1), ...by, ...target.lines.slice(to)].join('\n')

/** The first line of a test with what is written above it: decorators, annotations, attributes. */
export function topOf(target: Target): number {
  let line = target.test.line
  while (/^\s*(?:@|#\[)/.test(lineAt(target, line - 1))) line -= 1
  return line
}

/** Checks of a test that stand on lines of their own. */
export const wholeChecks = (target: Target): readonly Assertion[] =>
  target.test.assertions.filter(
    (check) =>
      check.line > target.test.line &&
      check.end_line < target.test.end_line + (target.language === 'python' ? 1 : 0) &&
      /^\s*(?:await |return |self\.|assert|expect|t\.|with |if |require|[A-Z]|verify|fail)/.test(
        lineAt(target, check.line),
      ),
  )

/** Tests with a body of at least two lines and a check, in an order that the seed decides. */
export async function targetsIn(files: ReadonlyMap<string, string>, seed: number): Promise<readonly Target[]> {
  const read = READ.get(files) ?? readTargets(files)
  READ.set(files, read)
  return shuffled(await read, seed)
}

/** What was read of files already: many ways to tamper are tried on the same ones. */
const READ = new WeakMap<ReadonlyMap<string, string>, Promise<readonly Target[]>>()

async function readTargets(files: ReadonlyMap<string, string>): Promise<readonly Target[]> {
  const found: Target[] = []
  for (const [path, text] of files) {
    const language = languageOf(path)
    if (language === undefined || !isTestFile(path)) continue
    const inventory = await readInventory(path, language, text)
    const lines = text.split('\n')
    for (const test of inventory?.cases ?? [])
      if (!test.support && test.assertions.length > 0 && test.end_line - test.line >= 2)
        if (test.markers.length === 0) found.push({ path, language, lines, test })
  }
  return found
}

/** The same list in another order; the same seed gives the same order. */
export function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  const keyed = list.map((one) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return { one, key: state }
  })
  return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one)
}

/** Texts by path; undefined is a file that is deleted. */
type Files = ReadonlyMap<string, string | undefined>

/** One way to make tests say less. */
export interface TamperMutator {
  readonly name: string
  readonly does: string
  /** The changed files, or undefined where none of these can be tampered with in this way. */
  mutate(files: ReadonlyMap<string, string>, seed: number): Promise<Files | undefined>
}

type OneTest = (target: Target) => string | undefined

/** A mutator of the first test, in the order of the seed, that lets itself be changed. */
export const ofTest = (name: string, does: string, change: OneTest): TamperMutator => ({
  name,
  does,
  mutate: async (files, seed) => {
    for (const target of await targetsIn(files, seed)) {
      const text = change(target)
      if (text !== undefined && text !== files.get(target.path)) return new Map([[target.path, text]])
    }
    return undefined
  },
})
