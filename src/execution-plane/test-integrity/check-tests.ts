import { languageOf } from '#syntax'
import { caseChanges } from './case-changes.ts'
import type { ChangedText } from './changed-text.ts'
import { configurationFindings } from './configuration-findings.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { plainFindings, sourceFindings, testLineFindings } from './line-findings.ts'
import { matchCases } from './match-cases.ts'
import { productEvidence } from './product-evidence.ts'
import { readInventory } from './read-inventory.ts'
import { snapshotFindings } from './snapshot-findings.ts'
import { isRunnerConfiguration, isSnapshot, isTestFile, languageOf as testLanguage } from './test-files.ts'
import type { TestCase, TestInventory } from './test-inventory.ts'
import { constantFindings } from './tolerance-constants.ts'

/**
 * Whether the tests still test: none deleted, renamed away, emptied, skipped or singled out; no check taken out,
 * weakened, turned round or silenced; no expectation changed that nothing in the product speaks for; the runner neither
 * told to look away nor to be content with less. An error blocks, a warning is evidence for whoever reviews. Sources
 * are read as trees; a text that has none is read by lines. Deterministic, and only the given texts are looked at.
 */
export async function checkTests(files: readonly ChangedText[]): Promise<readonly IntegrityFinding[]> {
  const [before, after] = [
    await inventories(files, (file) => file.before),
    await inventories(files, (file) => file.after),
  ]
  const [had, has] = [casesOf(before.read), casesOf(after.read)]
  const product = productEvidence(files, { had, has })
  const plain = new Set([...before.plain, ...after.plain])
  const compared = caseChanges({
    matched: matchCases(before.read, after.read),
    product,
    gained: surplusWords(has.filter(isCase), had.filter(isCase)),
    moved: new Set([...surplusChecks(has, had), ...surplusChecks(has.filter(isBeside), had.filter(isBeside))]),
    taken: surplusChecks(has.filter(isCase), had.filter(isCase)),
    files,
  })
  return [
    ...compared,
    ...files.flatMap((file): readonly IntegrityFinding[] => {
      const is_test = isTestFile(file.path)
      if (isRunnerConfiguration(file.path)) return configurationFindings(file)
      if (isSnapshot(file.path)) return snapshotFindings(file, product)
      if (!is_test) return sourceFindings(file)
      const tree = !plain.has(file.path) && languageOf(file.path) !== undefined
      return [
        ...testLineFindings(file, tree),
        ...constantFindings(file),
        ...(tree || testLanguage(file.path) === undefined ? [] : plainFindings(file)),
      ]
    }),
  ]
}

const casesOf = (read: readonly TestInventory[]): readonly TestCase[] => read.flatMap((file) => file.cases)

const isBeside = ({ support }: TestCase): boolean => support
const isCase = ({ support }: TestCase): boolean => !support

interface Inventories {
  readonly read: readonly TestInventory[]
  /** Paths of texts that have no tree. */
  readonly plain: readonly string[]
}

async function inventories(
  files: readonly ChangedText[],
  side: (file: ChangedText) => string | undefined,
): Promise<Inventories> {
  const read: TestInventory[] = []
  const plain: string[] = []
  for (const file of files) {
    const [language, text] = [languageOf(file.path), side(file)]
    const is_test = isTestFile(file.path)
    if (language === undefined || text === undefined || (!is_test && language !== 'rust')) continue
    const inventory = await readInventory(file.path, language, text)
    if (inventory === undefined) plain.push(file.path)
    // Rust keeps tests beside what they test: there, what is no test is product.
    else read.push(is_test ? inventory : { ...inventory, cases: inventory.cases.filter((one) => !one.support) })
  }
  return { read: read.filter(({ path }) => !plain.includes(path)), plain }
}

function surplusChecks(more: readonly TestCase[], less: readonly TestCase[]): ReadonlySet<string> {
  const had = new Map<string, number>()
  for (const one of less) for (const { text } of one.assertions) had.set(text, (had.get(text) ?? 0) + 1)
  const surplus = new Set<string>()
  for (const { text } of more.flatMap((one) => one.assertions)) {
    const left = had.get(text) ?? 0
    if (left > 0) had.set(text, left - 1)
    else surplus.add(text)
  }
  return surplus
}

function surplusWords(more: readonly TestCase[], less: readonly TestCase[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const add = (cases: readonly TestCase[], sign: 1 | -1) => {
    for (const one of cases)
      for (const [word, count] of one.words) counts.set(word, (counts.get(word) ?? 0) + sign * count)
  }
  add(more, 1)
  add(less, -1)
  return counts
}
