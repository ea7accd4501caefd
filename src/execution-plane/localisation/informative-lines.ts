/** A line of an issue, and what it is part of. */
export interface IssueLine {
  readonly line: string
  readonly place: 'title' | 'prose' | 'code'
}

const HEADINGS: readonly RegExp[] = [
  /^\s*#{1,6}\s+(.*)$/,
  /^\s*\*\*(.{3,80}?)\*\*:?\s*$/,
  /^\s*<summary>(.*)$/,
  /^([A-Z][\w /'-]{3,50}):?\s*$/,
]
/** Sections that tell of the reporter's machine. */
const ENVIRONMENT = /version|environment|system info|installed|platform|dependenc|^os\b|show_versions|setup info/i
/** Headings that a template puts there; the words of others are the reporter's. */
const TEMPLATE =
  /expected|actual|reproduc|happen|descri|additional|context|proposal|solution|summary|steps|example|output|anything else|command used|configuration|checklist|checks|motivation|feature request|bug report|logs?$/i
/** `name: 1.2.3`, `name==1.2`, `name: None`: what a version list is made of. */
const VERSION =
  /^[\s|*>-]*[\w.+\- ()]{1,40}\s*(?::|==|=|\||\s)\s*v?(?:\d+\.\d+[\w.+\- ()]*|None|True|False|not installed)\s*\|?\s*$/i
/** Longer lines are neither headings nor entries of a list of versions. */
const LONGEST_HEADING = 200
const CODE = /^(?: {4}|\t|>>>|In \[)|^\s*(?:from|import)\s/

/**
 * The lines of an issue that say something: without comments, headings of templates, lists of versions and sections
 * about the reporter's machine, whose words stand in files that have nothing to do with it.
 */
export function informativeLines(text: string): readonly IssueLine[] {
  const kept: IssueLine[] = []
  let fenced = false
  let environment = false
  for (const [at, line] of withoutComments(text).split(/\r?\n/).entries()) {
    if (/^\s*(```|~~~)/.test(line)) {
      fenced = !fenced
      continue
    }
    const heading = fenced || at === 0 ? undefined : headingIn(line)
    if (heading !== undefined) {
      environment = ENVIRONMENT.test(heading)
      if (environment || TEMPLATE.test(heading)) continue
    }
    if (/INSTALLED VERSIONS|^\s*pip (list|freeze)/i.test(line)) environment = true
    if (/<\/details>/i.test(line)) {
      environment = false
      continue
    }
    if (at > 0 && (environment || (!fenced && line.length <= LONGEST_HEADING && VERSION.test(line)))) continue
    kept.push({ line, place: at === 0 ? 'title' : fenced || CODE.test(line) ? 'code' : 'prose' })
  }
  return kept
}

/** A comment that is never closed is none, and is looked for once. */
function withoutComments(text: string): string {
  const kept: string[] = []
  let at = 0
  for (;;) {
    const start = text.indexOf('<!--', at)
    const end = start === -1 ? -1 : text.indexOf('-->', start + 4)
    if (end === -1) return [...kept, text.slice(at)].join('')
    kept.push(text.slice(at, start), ' ')
    at = end + 3
  }
}

function headingIn(line: string): string | undefined {
  if (line.length > LONGEST_HEADING) return undefined
  for (const pattern of HEADINGS) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}
