import { push } from '../ground/bounded.ts'
import { languageName } from '../files/languages.ts'
import { RISK_RULES, type RiskRule } from './risk-table.ts'

/** Numbers of rules by the word, or the two words in a row, that they fit. */
const BY_WORD = indexOfWords()
const BY_IMPORT = indexOfImports()
const BY_PATH = RISK_RULES.flatMap(({ paths }, rule) => (paths === undefined ? [] : [{ paths, rule }]))
/** Pictures say nothing of what code does. */
const PICTURE = /\.(svg|drawio|excalidraw|snap)$/i

function indexOfWords(): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const [rule, { words = '' }] of RISK_RULES.entries())
    for (const word of words.split('|').filter((each) => each !== ''))
      for (const form of [word, `${word}s`, `${word}ed`, `${word}ing`]) {
        const rules = found.get(form)
        if (rules === undefined) found.set(form, [rule])
        else if (!rules.includes(rule)) rules.push(rule)
      }
  return found
}

interface ImportStart {
  readonly start: string
  readonly rule: number
}

/** By the first part of what is imported, for most of it is asked about in vain. */
function indexOfImports(): ReadonlyMap<string, readonly ImportStart[]> {
  const found = new Map<string, ImportStart[]>()
  for (const [rule, { imports }] of RISK_RULES.entries())
    for (const start of imports?.split('|') ?? []) push(found, firstPart(start), { start, rule })
  return found
}

function firstPart(name: string): string {
  return /^@?[^./:]*/.exec(name)?.[0] ?? name
}

/** Words of a path, in lower case: at every mark that is no letter or digit, and where a capital begins one. */
const wordsOf = (path: string): readonly string[] =>
  path
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)

function learnWords(text: string, found: Set<number>): void {
  let before = ''
  for (const word of wordsOf(text)) {
    for (const rule of BY_WORD.get(word) ?? []) found.add(rule)
    for (const rule of before === '' ? [] : (BY_WORD.get(`${before} ${word}`) ?? [])) found.add(rule)
    before = word
  }
}

/** The folder that was asked about last: paths come sorted, and those of one folder together. */
let last_folder: { readonly folder: string; readonly rules: ReadonlySet<number> } = { folder: '', rules: new Set() }

function rulesOfFolder(folder: string): ReadonlySet<number> {
  if (last_folder.folder === folder) return last_folder.rules
  const rules = new Set<number>()
  learnWords(folder, rules)
  last_folder = { folder, rules }
  return rules
}

/**
 * Rules that a path fits, or what it imports: names as they are written. In the order of the table. Words say nothing of
 * what is only shown with the software, and of what a test keeps to be tried on.
 */
export function rulesFor(path: string, imported: readonly string[], words: boolean): readonly RiskRule[] {
  const found = new Set<number>()
  for (const { paths, rule } of BY_PATH) if (paths.test(path)) found.add(rule)
  if (words && !PICTURE.test(path)) {
    const cut = path.lastIndexOf('/') + 1
    for (const rule of rulesOfFolder(path.slice(0, cut))) found.add(rule)
    learnWords(path.slice(cut), found)
  }
  for (const name of imported)
    for (const { start, rule } of BY_IMPORT.get(firstPart(name)) ?? []) if (beginsWith(name, start)) found.add(rule)
  if (found.size === 0) return []
  const is_code = languageName(path) !== undefined
  return [...found]
    .sort((a, b) => a - b)
    .flatMap((rule) => RISK_RULES[rule] ?? [])
    .filter(({ code_only }) => code_only === undefined || is_code)
}

/** `crypto` begins `crypto` and `crypto/tls`, not `cryptography`; `crypto/` only what is below. */
const beginsWith = (name: string, start: string): boolean =>
  name.startsWith(start) &&
  (name.length === start.length || /[/.:]$/.test(start) || /^[./:]/.test(name.slice(start.length)))
