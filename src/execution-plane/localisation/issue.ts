import { termsOf, wordsIn } from '#execution-plane/code-index'
import { informativeLines } from './informative-lines.ts'
import { STOP_WORDS } from './stop-words.ts'

/** A line of a stack trace. */
interface StackFrame {
  readonly path: string
  readonly function: string | undefined
}

/** What an issue's text asks of a repository. Weights are greater than 0. */
export interface Issue {
  /** Terms, as they stand in the index, with how much the issue dwells on them. */
  readonly terms: ReadonlyMap<string, number>
  /** Identifiers as they are written; those that the title or quoted code names weigh 2 or more. */
  readonly words: ReadonlyMap<string, number>
  /** Paths that the text names, in traces too. */
  readonly paths: readonly string[]
  /** Outermost first. */
  readonly frames: readonly StackFrame[]
}

/** Longer reports are logs with a few words before them. */
const LONGEST_ISSUE = 60_000
/** Weights of words by where they stand. */
const TERM_WEIGHT = { title: 3, prose: 1, code: 0.5 }
const SOURCE_ENDING =
  'pyx?|pyi|[cm]?[jt]sx?|vue|svelte|java|kts?|scala|groovy|go|rs|rb|cs|c|h|cc|cpp|cxx|hpp|php|swift|sh|ya?ml|toml|cfg|ini|json|xml|gradle|proto|sql|md|rst'
const PATH = new RegExp(String.raw`[\w.\-/\\~@+]*[\w\-]+\.(?:${SOURCE_ENDING})\b(?![\w(])`, 'g')
const FRAMES: readonly RegExp[] = [
  /File "(?<path>[^"\n]{1,300})", line \d+, in (?<function>[\w<>.$]+)/,
  /^\s*~?(?<path>[\w/.\\-]+\.pyx?)(?::\d+)? in (?<function>[\w<>]+)/,
  /\bat (?<function>[\w$.<>]+)\((?<path>[\w$]+\.(?:java|kt|scala|groovy)):\d+\)/,
  /\bat (?:async )?(?<function>[\w$.<> [\]]+) \((?:file:\/\/)?(?<path>[^\s():]+\.[cm]?[jt]sx?):\d+/,
  /\bat (?<path>(?:file:\/\/)?\/?[^\s():]+\.[cm]?[jt]sx?):\d+:\d+/,
  /\bat (?<function>[\w.<>`]+)\([^)]{0,200}\) in (?<path>[^:\n]{1,200}\.cs):line \d+/,
  /^\s*from (?<path>[^\s:]+\.rb):\d+:in [`'](?<function>[^'\n]{1,100})'/,
  /^\s*(?<path>[\w/.@-]+\.(?:go|rs|rb|php)):\d+/,
]

/** Reads an issue: what it says, what it names and what it shows, without what its template and its machine add. */
export function readIssue(text: string): Issue {
  const terms = new Map<string, number>()
  const words = new Map<string, number>()
  const paths = new Set<string>()
  const frames: StackFrame[] = []
  for (const { line, place } of informativeLines(text.slice(0, LONGEST_ISSUE))) {
    for (const [path] of line.matchAll(PATH)) paths.add(path)
    const frame = frameIn(line)
    if (frame !== undefined) frames.push(frame)
    for (const word of wordsIn(line)) {
      addTerms(terms, word, TERM_WEIGHT[place])
      const weight = weightOfWord(word, place)
      if (weight > 0) addWord(words, word, weight)
    }
    const quoted = place === 'title' ? 3 : 2
    for (const [, code = ''] of line.matchAll(/`([^`\n]{1,400})`/g))
      for (const word of wordsIn(code)) addWord(words, word, quoted)
    for (const [, call = ''] of line.matchAll(/([A-Za-z_$][\w$]*)\(/g))
      addWord(words, call, place === 'code' ? 1 : quoted)
  }
  const damped = [...terms].map(([term, weight]) => [term, Math.log(1 + weight)] as const)
  return { terms: new Map(damped), words, paths: [...paths], frames }
}

function addTerms(terms: Map<string, number>, word: string, weight: number): void {
  if (STOP_WORDS.has(word.toLowerCase())) return
  for (const term of termsOf(word)) if (!STOP_WORDS.has(term)) terms.set(term, (terms.get(term) ?? 0) + weight)
}

function addWord(words: Map<string, number>, word: string, weight: number): void {
  if (word.length > 2 && !STOP_WORDS.has(word.toLowerCase())) words.set(word, Math.max(words.get(word) ?? 0, weight))
}

function weightOfWord(word: string, place: keyof typeof TERM_WEIGHT): number {
  if (/\p{Ll}\p{Lu}/u.test(word) || word.includes('_')) return place === 'title' ? 3 : place === 'code' ? 1 : 1.5
  return place === 'code' ? 0.5 : place === 'title' ? 1 : 0
}

function frameIn(line: string): StackFrame | undefined {
  if (line.length > 600) return undefined
  for (const pattern of FRAMES) {
    const found = pattern.exec(line)?.groups
    if (found?.['path'] !== undefined) return { path: found['path'], function: found['function']?.split('.').at(-1) }
  }
  return undefined
}
