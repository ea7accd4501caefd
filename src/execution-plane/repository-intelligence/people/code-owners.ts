import { RuleIndex } from './rule-index.ts'

/** One rule of a CODEOWNERS file. */
interface OwnerRule {
  readonly pattern: string
  /** As written; empty: the rule says that nobody owns these. */
  readonly owners: readonly string[]
  readonly line: number
}

/** Rules that are weighed apart from those of other sections, as GitLab has them; GitHub has one without a name. */
interface OwnerSection {
  readonly name: string | null
  readonly optional: boolean
  readonly rules: readonly OwnerRule[]
  readonly found: RuleIndex<OwnerRule>
}

/** A CODEOWNERS file as both forges read it. */
export interface CodeOwners {
  readonly sections: readonly OwnerSection[]
  /** Lines that are no rule, by number. */
  readonly unreadable: readonly number[]
}

/** GitHub reads no file of 3 MB or more; these are more lines than such a file holds that name an owner. */
const MOST_LINES = 200_000
/** A longer file is not read by GitHub, which then knows no owner at all. */
export const LARGEST_CODEOWNERS = 3_000_000
const SECTION = /^(\^?)\[([^\]]+)\](?:\[\d+\])?(?=[ \t]|$)(.*)$/
const OWNER = /^(@@?[\w.-]+(\/[\w.-]+)*|[^\s@]+@[^\s@]+)$/

/**
 * Where a CODEOWNERS file may stand: the first that is there counts, in the order of GitHub, then that of GitLab.
 */
export const CODEOWNERS_PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS']

/**
 * True where a file is GitLab's to read, which alone knows sections: on GitHub a line that begins with `[x]` is a
 * pattern. Told by where it stands, else by whose other files are there; where both or neither are, it may be GitLab's.
 */
export function hasSections(place: string, has: (path: string) => boolean, folders: ReadonlySet<string>): boolean {
  if (place.startsWith('.github/')) return false
  return place.startsWith('.gitlab/') || has('.gitlab-ci.yml') || folders.has('.gitlab') || !folders.has('.github')
}

/**
 * Reads CODEOWNERS. A negation, a line with what is no owner, and a pattern that matches nothing are no rules: on GitHub
 * they are skipped as well.
 */
export function readCodeOwners(source: string, { sections: has_sections } = { sections: true }): CodeOwners {
  const sections = new Map<string, Open>()
  const unreadable: number[] = []
  let open = sectionOf(sections, null, false)
  const lines = source.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [at, text] of lines.slice(0, MOST_LINES).entries()) {
    const header = has_sections ? SECTION.exec(text.trim()) : null
    if (header !== null) {
      open = sectionOf(sections, (header[2] ?? '').trim(), header[1] === '^')
      open.owners = wordsOf(header[3] ?? '').filter((word) => OWNER.test(word))
      continue
    }
    const [pattern, ...words] = wordsOf(text)
    if (pattern === undefined) continue
    if (pattern.startsWith('!') || words.some((word) => !OWNER.test(word))) unreadable.push(at + 1)
    else
      open.rules.push({
        pattern,
        owners: words.length > 0 ? words : open.owners,
        line: at + 1,
      })
  }
  const full = [...sections.values()].filter(({ rules }) => rules.length > 0)
  const found = full.map(({ name, optional, rules }) => ({ name, optional, rules, found: new RuleIndex(rules) }))
  return { sections: found, unreadable }
}

/** A section while its lines are read; `owners` are those of lines that name none. */
interface Open {
  readonly name: string | null
  readonly optional: boolean
  readonly rules: OwnerRule[]
  owners: readonly string[]
}

/** Sections of one name are one, however they are written. */
function sectionOf(sections: Map<string, Open>, name: string | null, optional: boolean): Open {
  const key = name?.toLowerCase() ?? ''
  const known = sections.get(key)
  if (known !== undefined) return known
  const made: Open = { name, optional, rules: [], owners: [] }
  sections.set(key, made)
  return made
}

/** Words end at a blank that no backslash stands before; one that begins with # ends the line. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:\\.|[^ \t\\]|\\$)+/gu)].map(([word]) => word)
  const remark = words.findIndex((word) => word.startsWith('#'))
  return remark < 0 ? words : words.slice(0, remark)
}

/** Who owns a path: in each section the last rule that matches, and all sections together. */
export function ownersOf({ sections }: CodeOwners, path: string): readonly string[] {
  const plain = path.normalize('NFC')
  const owners = sections.flatMap(({ found }) => found.last(plain)?.owners ?? [])
  return [...new Set(owners)]
}
