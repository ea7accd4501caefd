import { wildmatch, type Matcher } from './wildmatch.ts'

interface Rule {
  readonly negated: boolean
  readonly directories_only: boolean
  /** Matches the last component instead of the path below the folder of the file. */
  readonly anywhere: boolean
  readonly matches: Matcher
}

/** The rules of one `.gitignore` and of those above it. */
export interface IgnoreRules {
  readonly above: IgnoreRules | null
  /** Length of the folder's path with its slash: what is cut off a path before it is matched. */
  readonly folder_length: number
  readonly rules: readonly Rule[]
}

/** More than this in one file or one file larger than this is hostile; the rest is not read, so more is captured. */
const MOST_RULES = 5000
const MOST_BYTES = 1024 ** 2

/**
 * What tools leave behind in almost every ecosystem, for repositories that forgot to ignore it. Weakest of all rules; a
 * `.gitignore` can take a path back. Leaving something out is safe: what is not in the tree is not verified or published.
 */
export const RESIDUE = ['node_modules/', '__pycache__/', '*.py[co]', '.pytest_cache/', '.mypy_cache/', '.DS_Store']

/** Reads a `.gitignore` (bytes as latin1) that lies in `folder` (with a trailing slash, or empty at the top). */
export function readIgnoreRules(text: string, folder: string, above: IgnoreRules | null): IgnoreRules {
  const lines = text
    .slice(0, MOST_BYTES)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .split('\n')
    .slice(0, MOST_RULES)
  const rules = lines.map(parseRule).filter((rule) => rule !== undefined)
  return { above, folder_length: folder.length, rules }
}

/** True when git would ignore an untracked path whose folders are not ignored themselves. */
export function isIgnored(rules: IgnoreRules | null, path: string, directory: boolean): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  for (let level = rules; level !== null; level = level.above) {
    const below = path.slice(level.folder_length)
    const decisive = level.rules.findLast(
      (rule) => (directory || !rule.directories_only) && rule.matches(rule.anywhere ? name : below),
    )
    if (decisive !== undefined) return !decisive.negated
  }
  return false
}

function parseRule(line: string): Rule | undefined {
  let pattern = withoutTrailingSpaces(line.endsWith('\r') ? line.slice(0, -1) : line)
  if (line.startsWith('#')) return undefined
  const negated = pattern.startsWith('!')
  if (negated) pattern = pattern.slice(1)
  const directories_only = pattern.endsWith('/')
  if (directories_only) pattern = pattern.slice(0, -1)
  const anywhere = !pattern.includes('/')
  if (pattern.startsWith('/')) pattern = pattern.slice(1)
  if (pattern === '') return undefined
  const matches = matcherFor(pattern, anywhere)
  return matches === undefined ? undefined : { negated, directories_only, anywhere, matches }
}

/** Most patterns are plain names or suffixes; those need no simulation. */
function matcherFor(pattern: string, anywhere: boolean): Matcher | undefined {
  const plain = pattern.search(/[*?[\\]/)
  if (plain < 0) return (text) => text === pattern
  const suffix = /^\*([^*?[\\/]+)$/.exec(pattern)?.[1]
  if (suffix !== undefined) return (text) => !text.includes('/') && text.endsWith(suffix)
  if (anywhere || plain === 0) return wildmatch(pattern)
  return afterPrefix(pattern.slice(0, plain), wildmatch(pattern.slice(plain)))
}

/** Git compares what precedes the first special character by itself, so `a**` + `/b` begins with a `**` of its own. */
function afterPrefix(prefix: string, rest: Matcher | undefined): Matcher | undefined {
  return rest === undefined ? undefined : (text) => text.startsWith(prefix) && rest(text.slice(prefix.length))
}

/** Spaces at the end are dropped unless a backslash stands before them. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    if (char === '\\') at += 1
    if (char !== ' ') end = Math.min(at + 1, line.length)
  }
  return line.slice(0, end)
}
