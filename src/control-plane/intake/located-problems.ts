import { GanderError } from '#domain/failure'
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'

type Path = readonly PropertyKey[]

/** What is read and where it came from, for messages. */
export interface Source {
  readonly name: string
  /** Lines of the file above the first line of the text. */
  readonly lines_before: number
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * Parses YAML or JSON by a schema. Field names may be snake_case or camelCase. Every problem is named with its field,
 * its line and what is allowed there. @throws GanderError `task_invalid`
 */
export function parseLocated<Schema extends z.ZodType>(text: string, schema: Schema, source: Source): z.infer<Schema> {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, merge: false })
  const lineOf = (offset: number) => counter.linePos(offset).line + source.lines_before
  const broken = document.errors[0]
  if (broken !== undefined)
    throw invalid(source, [`line ${lineOf(broken.pos[0])}: ${broken.message.split(/ at line |\n/)[0]}`])
  const problems: string[] = []
  const value = toSnakeCase(plain(document, source), [], problems)
  const parsed = schema.safeParse(value, { reportInput: true })
  if (!parsed.success)
    problems.push(...parsed.error.issues.flatMap((issue) => describe(issue, document, schema, lineOf)))
  if (problems.length > 0 || !parsed.success) throw invalid(source, problems)
  return parsed.data
}

function plain(document: Document, source: Source): unknown {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 20 })
  } catch (error) {
    throw invalid(source, [error instanceof Error ? error.message : String(error)])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(source, ['expected fields such as `objective: …` at the top level'])
  return value
}

function invalid(source: Source, problems: readonly string[]): GanderError {
  const shown = problems.slice(0, 8)
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : []
  const text = `${source.name} is not a valid task: ${[...shown, ...more].join('; ')}`
  return new GanderError('task_invalid', text, { facts: { problems: [...problems] } })
}

/** Renames camelCase fields; a field given under both names is a problem. */
function toSnakeCase(value: unknown, path: Path, problems: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => toSnakeCase(item, [...path, index], problems))
  if (typeof value !== 'object' || value === null) return value
  const members = new Map<string, unknown>()
  for (const [key, member] of Object.entries(value)) {
    const name = snake(key)
    if (members.has(name)) problems.push(`${[...path, name].join('.')} is given twice, as ${name} and in camelCase`)
    members.set(name, toSnakeCase(member, [...path, name], problems))
  }
  return Object.fromEntries(members)
}

function describe(
  issue: z.core.$ZodIssue,
  document: Document,
  schema: z.ZodType,
  lineOf: (offset: number) => number,
): readonly string[] {
  const at = (path: Path) => {
    const offset = offsetOf(document, path)
    return offset === undefined ? '' : ` (line ${lineOf(offset)})`
  }
  if (issue.code !== 'unrecognized_keys') {
    const field = issue.path.join('.') || 'the file'
    return [`${field}${at(issue.path)} ${allowed(issue)}`]
  }
  const names = fieldNames(schema, issue.path)
  return issue.keys.map((key) => {
    const near = closest(key, names)
    const hint = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`
    return `${[...issue.path, key].join('.')}${at([...issue.path, key])} is no known field; ${hint}`
  })
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `must be ${ARTICLES[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small')
    return issue.origin === 'string' ? 'must not be empty' : `must be ${issue.minimum} or more`
  if (issue.code === 'too_big') return `must be ${issue.maximum} ${UNITS[issue.origin] ?? ''}or less`
  return issue.message.startsWith('must') ? issue.message : `is wrong: ${issue.message}`
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a group of fields',
}
const UNITS: Readonly<Record<string, string>> = { string: 'characters ', array: 'entries ' }

/** Where a field's name stands in the text, under either spelling. */
function offsetOf(document: Document, path: Path): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const segment of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && snake(String(item.key.value)) === segment,
      )
      if (pair === undefined) return offset
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset
      node = pair.value
    } else if (typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items)) {
      node = node.items[Number(segment)]
      offset = isScalar(node) ? node.range?.[0] : offset
    } else return offset
  }
  return offset
}

function fieldNames(schema: z.ZodType, path: Path): readonly string[] {
  let shape: unknown = schema
  for (const segment of [...path, undefined]) {
    while (hasUnwrap(shape)) shape = shape.unwrap()
    if (segment === undefined || !hasShape(shape)) break
    shape = shape.shape[String(segment)]
  }
  return hasShape(shape) ? Object.keys(shape.shape) : []
}

const hasShape = (value: unknown): value is { readonly shape: Record<string, unknown> } =>
  typeof value === 'object' && value !== null && 'shape' in value
const hasUnwrap = (value: unknown): value is { unwrap(): unknown } =>
  typeof value === 'object' && value !== null && 'unwrap' in value && typeof value.unwrap === 'function'

/** The name that differs least from a mistyped one, if it is near enough to be meant. */
function closest(typed: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: distance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, typed.length * 0.4) ? best.name : undefined
}

function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
