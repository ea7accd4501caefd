/** The parts of an issue that mean something to intake. */
export interface IssueParts {
  readonly title: string | null
  readonly description: string
  readonly acceptance_criteria: readonly string[]
  readonly constraints: readonly string[]
  readonly risk_hints: readonly string[]
  readonly attachments: readonly string[]
  readonly expected_output: string | null
  readonly deadline: string | null
  readonly owner: string | null
}

type Section =
  | 'acceptance_criteria'
  | 'constraints'
  | 'risk_hints'
  | 'attachments'
  | 'expected_output'
  | 'deadline'
  | 'owner'

/** Headings people use, in lower case without punctuation. */
const SECTIONS: Readonly<Record<string, Section>> = {
  'acceptance criteria': 'acceptance_criteria',
  'acceptance criterion': 'acceptance_criteria',
  acceptance: 'acceptance_criteria',
  'success criteria': 'acceptance_criteria',
  criteria: 'acceptance_criteria',
  'definition of done': 'acceptance_criteria',
  'done when': 'acceptance_criteria',
  constraints: 'constraints',
  constraint: 'constraints',
  'non-goals': 'constraints',
  'non goals': 'constraints',
  'out of scope': 'constraints',
  'do not': 'constraints',
  risks: 'risk_hints',
  risk: 'risk_hints',
  'risk hints': 'risk_hints',
  attachments: 'attachments',
  'expected output': 'expected_output',
  deadline: 'deadline',
  'due date': 'deadline',
  owner: 'owner',
  owners: 'owner',
}

const NEGATED = new Set(['non-goals', 'non goals', 'out of scope', 'do not'])

interface Line {
  readonly text: string
  /** 1-6 for a heading; 7 for a line of its own that labels what follows; 0 for text. */
  readonly level: number
  readonly heading: string
}

/** Divides a Markdown issue. `wants_title` takes the first heading (or, failing one, the first line) as the title. */
export function divideIssue(markdown: string, wants_title: boolean): IssueParts {
  const lines = [...readLines(markdown)]
  const title = wants_title ? takeTitle(lines) : null
  const bodies = new Map<string, string[]>()
  const description: string[] = []
  let current: { readonly key: string; readonly level: number } | undefined
  for (const line of lines) {
    const name = line.level > 0 ? line.heading.toLowerCase() : ''
    const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined
    if (section !== undefined) current = { key: NEGATED.has(name) ? 'out_of_scope' : section, level: line.level }
    else if (current !== undefined && line.level > 0 && line.level <= current.level) current = undefined
    if (current === undefined) description.push(line.text)
    else bodies.set(current.key, [...(bodies.get(current.key) ?? []), line.level > 0 ? '' : line.text])
  }
  const list = (key: Section | 'out_of_scope') => readList(bodies.get(key) ?? [])
  const text = (section: Section) => list(section).join('\n') || null
  return {
    title,
    description: description
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    acceptance_criteria: list('acceptance_criteria'),
    constraints: [...list('constraints'), ...list('out_of_scope').map((entry) => `Out of scope: ${entry}`)],
    risk_hints: list('risk_hints'),
    attachments: list('attachments').map((entry) => entry.replace(/^!?\[[^\]]*\]\(([^)\s]+).*$/, '$1')),
    expected_output: text('expected_output'),
    deadline: text('deadline'),
    owner: text('owner'),
  }
}

const BULLET = /^(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/

function* readLines(markdown: string): Generator<Line> {
  let fence: string | undefined
  const lines = markdown.split('\n')
  for (const [index, text] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1]
    if (mark !== undefined && fence === undefined) fence = mark
    else if (mark !== undefined && fence !== undefined && mark.startsWith(fence)) fence = undefined
    if (fence !== undefined || mark !== undefined) yield { text, level: 0, heading: '' }
    else if (!/^ {0,3}(=+|-{3,})\s*$/.test(text) || (lines[index - 1] ?? '').trim() === '')
      yield readLine(text, lines[index + 1])
  }
}

function readLine(text: string, next: string | undefined): Line {
  const atx = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(text)
  if (atx !== null) return { text, level: (atx[1] ?? '').length, heading: bare(atx[2] ?? '') }
  if (text.trim() !== '' && next !== undefined && !BULLET.test(text)) {
    if (/^ {0,3}=+\s*$/.test(next)) return { text, level: 1, heading: bare(text) }
    if (/^ {0,3}-{3,}\s*$/.test(next)) return { text, level: 2, heading: bare(text) }
  }
  const label = /^\s*(?:\*\*|__)?([A-Za-z][A-Za-z -]{2,30}?)(?::(?:\*\*|__)|(?:\*\*|__):?|:)\s*$/.exec(text)?.[1]
  if (label !== undefined && Object.hasOwn(SECTIONS, label.trim().toLowerCase()))
    return { text, level: 7, heading: label.trim() }
  return { text, level: 0, heading: '' }
}

const bare = (heading: string) =>
  heading
    .replaceAll(/[*_`:]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

function takeTitle(lines: Line[]): string | null {
  const at = lines.findIndex((line) => line.level > 0 && line.level < 7 && line.heading !== '')
  const first = lines[at]
  if (first !== undefined && !Object.hasOwn(SECTIONS, first.heading.toLowerCase())) {
    lines.splice(at, 1)
    return shorten(first.text.replace(/^ {0,3}#{1,6}\s+/, '').replace(/\s*#*\s*$/, ''))
  }
  const line = lines.find((entry) => entry.level === 0 && entry.text.trim() !== '')
  return line === undefined ? null : shorten(line.text.replace(BULLET, ''))
}

/** A title of at most 120 characters, cut between words. */
export function shorten(text: string): string {
  const words = text.replaceAll(/\s+/g, ' ').trim()
  if (words.length <= 120) return words
  const cut = words.slice(0, 119)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 60))}…`
}

/** The entries of a section: list items with what belongs to them, or its paragraphs where it has no list. */
function readList(lines: readonly string[]): readonly string[] {
  const text = lines.filter((line) => !/^ {0,3}(`{3,}|~{3,})/.test(line))
  const indent = Math.min(...text.filter((line) => BULLET.test(line.trimStart())).map((line) => line.search(/\S/)))
  const entries: string[] = []
  let open = false
  for (const line of text) {
    const starts = Number.isFinite(indent)
      ? BULLET.test(line.trimStart()) && line.search(/\S/) <= indent + 1
      : line.trim() !== '' && !open
    if (starts) entries.push(line.trim().replace(BULLET, ''))
    else if (line.trim() !== '' && open) entries.push(`${entries.pop() ?? ''} ${line.trim().replace(BULLET, '')}`)
    else if (line.trim() !== '') entries.push(line.trim())
    open = line.trim() !== ''
  }
  return entries.map((entry) => squeezed(entry).trim()).filter((entry) => entry !== '')
}

/** Single spaces everywhere but in code, where a space more or less is another criterion. */
const squeezed = (text: string): string =>
  text.replaceAll(/(`+)(?:(?!\1)[^])*?\1(?!`)|\s+/g, (found, ticks?: string) => (ticks === undefined ? ' ' : found))
