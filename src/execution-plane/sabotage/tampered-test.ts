import { isTestFile, readInventory, type Assertion, type TestCase } from '#execution-plane/test-integrity'
import { languageOf, type SyntaxLanguage } from '#syntax'

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
  return shuffled(found, seed)
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
