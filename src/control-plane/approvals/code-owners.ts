import { matcherOf } from '#domain/path'

/** One line of a CODEOWNERS file. */
interface OwnerRule {
  readonly matches: (path: string) => boolean
  readonly owners: readonly string[]
}

const MOST_LINES = 5_000

/** A section of GitLab: `[Name]`, `^[Name][2]`, with owners for the lines below that name none. */
const SECTION = /^\^?\[[^\]]*\](?:\[\d+\])?(?=[ \t]|$)(.*)$/

/**
 * Reads CODEOWNERS. What cannot be read as a rule is left out, so that it gives nobody an authority: a negation, which
 * no forge knows, takes nothing back from the line before it.
 */
function ownerRules(source: string): readonly OwnerRule[] {
  const rules: OwnerRule[] = []
  let of_section: readonly string[] = []
  for (const line of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .slice(0, MOST_LINES)) {
    const section = SECTION.exec(line.trim())
    if (section !== null) {
      of_section = ownersIn(wordsOf(section[1] ?? ''))
      continue
    }
    const [pattern, ...words] = wordsOf(line)
    if (pattern === undefined || pattern.startsWith('!')) continue
    const owners = ownersIn(words)
    rules.push({ matches: matcherOf(pattern), owners: owners.length > 0 ? owners : of_section })
  }
  return rules
}

/** Words end at a blank or a tab that no backslash stands before; one that begins with # ends the line. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:\\.|[^ \t\\]|\\$)+/gu)].map(([word]) => word)
  const remark = words.findIndex((word) => word.startsWith('#'))
  return remark < 0 ? words : words.slice(0, remark)
}

const ownersIn = (words: readonly string[]): readonly string[] =>
  words.map((word) => word.replace(/^@/, '')).filter((word) => word !== '')

/** The owners of each path: the last rule that matches it counts, as forges have it; a path without one has none. */
export function ownersOf(source: string, paths: readonly string[]): readonly (readonly string[])[] {
  const rules = ownerRules(source)
  return paths.map((path) => rules.findLast(({ matches }) => matches(path))?.owners ?? [])
}
