import { GanderError } from '#domain/failure'
import type { RequestSource } from '#domain/task'
import type { OrderDraft } from '#ports'
import { divideIssue } from './issue-sections.ts'
import { parseLocated } from './parse-located.ts'
import { FRONT_MATTER_SCHEMA, type FrontMatter } from './task-schema.ts'

const MOST_CHARACTERS = 256 * 1024

/** Where an issue's text came from. `title` is set where the source keeps it apart from the text. */
export interface IssueSource {
  readonly source: RequestSource
  readonly source_url: string | null
  readonly title: string | null
  readonly repository: string | null
}

/** Reads a Markdown issue: title, description, known sections as lists, and YAML front matter where there is some. */
export function readIssue(raw: string, from: IssueSource): OrderDraft {
  const text = readable(raw, 'The issue')
  const { front, body } = from.source === 'issue_url' ? { front: {}, body: text } : splitFrontMatter(text)
  const given = from.title ?? front.title ?? null
  const parts = divideIssue(withoutComments(body), given === null)
  const either = (own: readonly string[], listed: readonly string[] | undefined) => [...own, ...(listed ?? [])]
  return {
    ...choices(front),
    repository: front.repository ?? from.repository,
    words: {
      source: from.source,
      source_url: from.source_url,
      title: given ?? parts.title ?? '',
      description: parts.description,
      acceptance_criteria: either(parts.acceptance_criteria, front.success_criteria),
      constraints: either(parts.constraints, front.constraints),
      deadline: front.deadline ?? parts.deadline,
      attachments: either(parts.attachments, front.attachments),
      risk_hints: either(parts.risk_hints, front.risk_hints),
      expected_output: front.expected_output ?? parts.expected_output,
      owner: front.owner ?? parts.owner,
    },
  }
}

/** How to work, as a task file or front matter says it. */
export function choices(front: FrontMatter): Omit<OrderDraft, 'words' | 'repository'> {
  const { pr_mode, autonomy_level } = front
  if (pr_mode === 'draft' && autonomy_level !== undefined && autonomy_level !== 'draft_pr')
    throw new GanderError('task_invalid', `pr_mode draft contradicts autonomy_level ${autonomy_level}.`)
  if (pr_mode === 'none' && autonomy_level === 'draft_pr')
    throw new GanderError('task_invalid', 'pr_mode none contradicts autonomy_level draft_pr.')
  return {
    base_ref: front.base_ref ?? null,
    mode: autonomy_level ?? (pr_mode === 'none' ? 'local_branch' : null),
    scope: defined(front.scope ?? {}),
    verification: front.verification_profile ?? null,
    limits: defined(front.limits ?? {}),
  }
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}

/** Text as people mean it: one kind of line end, no byte order mark; refused when it is no text or too long. */
export function readable(raw: string, what: string): string {
  if (raw.length > MOST_CHARACTERS)
    throw new GanderError('task_invalid', `${what} is too long: ${raw.length} characters, at most ${MOST_CHARACTERS}.`)
  if (raw.includes('\u0000') || raw.includes('\uFFFD'))
    throw new GanderError('task_invalid', `${what} is not text: it is not valid UTF-8.`)
  return raw.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
}

function splitFrontMatter(text: string): { readonly front: FrontMatter; readonly body: string } {
  const match = /^---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  if (match === null || !/^\s*[A-Za-z_]+\s*:/m.test(match[1] ?? '')) return { front: {}, body: text }
  const name = 'The front matter of the issue'
  return {
    front: parseLocated(match[1] ?? '', FRONT_MATTER_SCHEMA, { name, lines_before: 1 }),
    body: text.slice(match[0].length),
  }
}

/** A comment is seen by a model and not by the person who reads the rendered issue, so it is left out. */
function withoutComments(text: string): string {
  let rest = text
  let kept = ''
  for (let at = rest.indexOf('<!--'); at !== -1; at = rest.indexOf('<!--')) {
    const end = rest.indexOf('-->', at + 4)
    kept += rest.slice(0, at)
    rest = end === -1 ? '' : rest.slice(end + 3)
  }
  return kept + rest
}
