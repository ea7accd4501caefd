import type { ChangedText } from './changed-text.ts'
import { addedLines, linesOf, removedLines } from './changed-text.ts'
import { isTestFile, isRunnerConfiguration, isSnapshot } from './test-files.ts'
import type { TestCase } from './test-inventory.ts'

/** What the change does to the product itself, as words: the evidence for what tests may rightly say otherwise. */
export interface ProductEvidence {
  /** Words of lines that product files gained. */
  readonly added: ReadonlySet<string>
  /** Words of lines that they lost. */
  readonly removed: ReadonlySet<string>
  /** Names that product files declared and that none of the changed ones says any more. */
  readonly dropped: ReadonlySet<string>
  /** Words of lines that product files lost and that none of the changed ones says any more. */
  readonly vanished: ReadonlySet<string>
  /** True when any product file changed. */
  readonly any: boolean
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*|\d+(?:\.\d+)?/gu
const DECLARES =
  /\b(?:def|class|func|function|fn|interface|struct|enum|type|const|let|var|module|trait|void|static|public|private|protected)\s+(?:\([^)]*\)\s*)?(?:[\w<>[\].]+\s+)??([A-Za-z_$][\w$]*)\s*[({=:<]/g
const PROSE = /\.(?:md|rst|txt|adoc)$|(?:^|\/)(?:CHANGES|CHANGELOG|HISTORY|NEWS|AUTHORS|docs?\/)/i

/** The tests of both trees: some languages keep them in the files of the product. */
export interface TestsOfTrees {
  readonly had: readonly TestCase[]
  readonly has: readonly TestCase[]
}

/**
 * Reads the evidence from every changed file that is no test, no configuration of a runner and no prose. What a test
 * says that stands in such a file is no word of the product.
 */
export function productEvidence(files: readonly ChangedText[], { had, has }: TestsOfTrees): ProductEvidence {
  const product = files
    .filter(({ path }) => !isTestFile(path) && !isRunnerConfiguration(path) && !isSnapshot(path) && !PROSE.test(path))
    .map(({ path, before, after }) => ({
      path,
      before: withoutTests(before, path, had),
      after: withoutTests(after, path, has),
    }))
  const added = new Set<string>()
  const removed = new Set<string>()
  const declared = new Set<string>()
  for (const file of product) {
    for (const { text } of addedLines(file)) for (const word of wordsOf(text)) added.add(word)
    for (const { text } of removedLines(file)) {
      for (const word of wordsOf(text)) removed.add(word)
      for (const match of text.slice(0, 2_000).matchAll(DECLARES)) if (match[1] !== undefined) declared.add(match[1])
    }
  }
  const said = new Set(
    removed.size === 0 ? [] : product.flatMap(({ after }) => (after === undefined ? [] : wordsOf(after))),
  )
  const dropped = new Set([...declared].filter((name) => name.length > 3 && !said.has(name)))
  const vanished = new Set([...removed].filter((word) => word.length > 3 && !said.has(word)))
  return { added, removed, dropped, vanished, any: product.length > 0 }
}

function withoutTests(text: string | undefined, path: string, cases: readonly TestCase[]): string | undefined {
  const own = cases.filter((one) => one.path === path && !one.support)
  if (text === undefined || own.length === 0) return text
  return linesOf(text)
    .map((line, at) => (own.some((one) => one.line <= at + 1 && at < one.end_line) ? '' : line))
    .join('\n')
}

/** The words and numbers of a text. */
export const wordsOf = (text: string): readonly string[] => text.slice(0, 2_000_000).match(WORD) ?? []
