import { refuse, ok, type Result } from '#domain/result'
import { LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { describeIssue, snakeCase, type Path } from './describe-issue.ts'

/** How a text is read. */
interface DocumentReading {
  /** Lines of the file above the first line of the text; 0 where absent. */
  readonly lines_before?: number
  /** Field names may be written in camelCase as well as in snake_case. */
  readonly camel_case?: boolean
  /** A text without any field is a document without fields; else it is a problem. */
  readonly may_be_empty?: boolean
  /** A field that such a document has, shown where the text has none. */
  readonly such_as?: string
}

/**
 * Reads YAML or JSON by a schema. Every problem is named with its field, its line and what is allowed there; a field
 * given twice, an unknown one and an alias that unfolds more than twenty times are problems.
 */
export function readDocument<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  reading: DocumentReading = {},
): Result<z.infer<Schema>, readonly string[]> {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, merge: false })
  const lineOf = (offset: number) => counter.linePos(offset).line + (reading.lines_before ?? 0)
  const broken = document.errors[0]
  if (broken !== undefined) return refuse([`line ${lineOf(broken.pos[0])}: ${broken.message.split(/ at line |\n/)[0]}`])
  const content = fieldsOf(document, reading)
  if (!content.ok) return content
  const problems: string[] = []
  const value = reading.camel_case === true ? toSnakeCase(content.value, [], problems) : content.value
  const parsed = schema.safeParse(value, { reportInput: true })
  if (!parsed.success)
    problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(issue, { document, schema, lineOf })))
  return problems.length > 0 || !parsed.success ? refuse(problems) : ok(parsed.data)
}

/** As many problems as a person reads at once, and how many there are besides. */
export function shownProblems(problems: readonly string[], most = 8): string {
  const more = problems.length > most ? [`and ${problems.length - most} more`] : []
  return [...problems.slice(0, most), ...more].join('; ')
}

function fieldsOf(document: Document, reading: DocumentReading): Result<object, readonly string[]> {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 20 })
  } catch (error) {
    return refuse([error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error)])
  }
  if (reading.may_be_empty === true && (value === null || value === undefined)) return ok({})
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value)
  const such_as = reading.such_as === undefined ? '' : ` such as \`${reading.such_as}: …\``
  return refuse([`expected fields${such_as} at the top level`])
}

/** Renames camelCase fields; a field given under both names is a problem. */
function toSnakeCase(value: unknown, path: Path, problems: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => toSnakeCase(item, [...path, index], problems))
  if (typeof value !== 'object' || value === null) return value
  const members = new Map<string, unknown>()
  for (const [key, member] of Object.entries(value)) {
    const name = snakeCase(key)
    if (members.has(name)) problems.push(`${[...path, name].join('.')} is given twice, as ${name} and in camelCase`)
    members.set(name, toSnakeCase(member, [...path, name], problems))
  }
  return Object.fromEntries(members)
}
