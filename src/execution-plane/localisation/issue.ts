import { termsOf, wordsIn } from '#execution-plane/code-index'
import { frameIn, type StackFrame } from './stack-frames.ts'
import { informativeLines, type IssueLine } from './informative-lines.ts'
import { messagesIn } from './messages.ts'
import { aliasesIn, flagsIn, kebabForms, pathsIn, qualifiedIn, type Qualified } from './named-things.ts'
import { STOP_WORDS } from './stop-words.ts'

/** What an issue's text asks of a repository. Weights are greater than 0. */
export interface Issue {
  /** Terms, as they stand in the index, with how much the issue dwells on them. */
  readonly terms: ReadonlyMap<string, number>
  readonly title_terms: ReadonlySet<string>
  /** Identifiers as they are written; those that the title or quoted code names weigh 2 or more. */
  readonly words: ReadonlyMap<string, number>
  /** Names with what they belong to: `Owner.name`, `Owner::name`, `Owner#name`. */
  readonly qualified: readonly Qualified[]
  /** What the issue's code calls a package: `import xarray as xr`, `import * as z from 'zod'`. */
  readonly aliases: ReadonlySet<string>
  /** Texts that a program said or that the issue quotes, as the terms of each. */
  readonly messages: readonly (readonly string[])[]
  /** Paths that the text names, in traces too. */
  readonly paths: readonly string[]
  /** In the order they stand. */
  readonly frames: readonly StackFrame[]
}

/** Longer reports are logs with a few words before them. */
const LONGEST_ISSUE = 60_000
/** Weights of words by where they stand. */
const TERM_WEIGHT = { title: 3, prose: 1, code: 0.5 }
/** Looking behind keeps a long word from being tried from each of its letters. */
const CALL = /(?<![\w$])([A-Za-z_$][\w$]*)\(/g
/** Pictures say nothing that can be read, hosts nothing of the code. */
const PICTURE = /!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)|<img\b[^>\n]{0,500}>/gi
const HOST = /\bhttps?:\/\/[^\s/)>"'`]{1,250}/gi
const MOST_THINGS = 200

interface Reading {
  readonly terms: Map<string, number>
  readonly title_terms: Set<string>
  readonly words: Map<string, number>
  readonly qualified: Map<string, Qualified>
  readonly aliases: Set<string>
  readonly paths: Set<string>
  readonly frames: StackFrame[]
}

/** Reads an issue: what it says, what it names and what it shows, without what its template and its machine add. */
export function readIssue(text: string): Issue {
  const said = text.slice(0, LONGEST_ISSUE).replaceAll(PICTURE, ' ').replaceAll(HOST, ' ')
  const lines = informativeLines(said)
  const reading: Reading = {
    terms: new Map(),
    title_terms: new Set(),
    words: new Map(),
    qualified: new Map(),
    aliases: new Set(),
    paths: new Set(),
    frames: [],
  }
  for (const line of lines) readLine(reading, line)
  const damped = [...reading.terms].map(([term, weight]) => [term, Math.log(1 + weight)] as const)
  return {
    ...reading,
    terms: new Map(damped),
    qualified: [...reading.qualified.values()].slice(0, MOST_THINGS),
    messages: messagesIn(lines),
    paths: [...reading.paths].slice(0, MOST_THINGS),
  }
}

function readLine(reading: Reading, { line, place }: IssueLine): void {
  const { terms, title_terms, words } = reading
  for (const path of pathsIn(line)) reading.paths.add(path)
  const frame = frameIn(line)
  if (frame !== undefined) reading.frames.push(frame)
  for (const word of wordsIn(line)) {
    const stop = STOP_WORDS.has(word.toLowerCase())
    if (!stop)
      for (const term of termsOf(word)) {
        if (STOP_WORDS.has(term)) continue
        terms.set(term, (terms.get(term) ?? 0) + TERM_WEIGHT[place])
        if (place === 'title') title_terms.add(term)
      }
    const weight = weightOfWord(word, place)
    if (weight > 0) addWord(words, word, weight)
  }
  const quoted = place === 'title' ? 3 : 2
  for (const [, code = ''] of line.matchAll(/`([^`\n]{1,400})`/g)) {
    for (const word of wordsIn(code)) addWord(words, word, quoted)
    for (const form of kebabForms(code)) addWord(words, form, quoted)
  }
  for (const [, call = ''] of line.matchAll(CALL)) addWord(words, call, place === 'code' ? 1 : quoted)
  for (const form of flagsIn(line)) addWord(words, form, place === 'code' ? 1 : quoted)
  for (const one of qualifiedIn(line)) reading.qualified.set(`${one.owner}.${one.name}`, one)
  for (const alias of aliasesIn(line)) reading.aliases.add(alias)
}

function addWord(words: Map<string, number>, word: string, weight: number): void {
  if (word.length > 2 && !STOP_WORDS.has(word.toLowerCase())) words.set(word, Math.max(words.get(word) ?? 0, weight))
}

function weightOfWord(word: string, place: keyof typeof TERM_WEIGHT): number {
  if (/\p{Ll}\p{Lu}/u.test(word) || word.includes('_')) return place === 'title' ? 3 : place === 'code' ? 1 : 1.5
  return place === 'code' ? 0.5 : place === 'title' ? 1 : 0
}
