import { isMap, isPair, isScalar, type Document } from 'yaml'
import type { z } from 'zod'
import { closestName } from './closest-name.ts'

/** Names and positions from the top of a document. */
export type Path = readonly PropertyKey[]

/** A field's name as files, API and tables spell it. */
export const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** What stands where: the parsed text, its schema, and lines by offset. */
interface Place {
  readonly document: Document
  readonly schema: z.ZodType
  readonly lineOf: (offset: number) => number
}

/** One line for a field that is wrong, or one for each field that is not known. */
export function describeIssue(issue: z.core.$ZodIssue, { document, schema, lineOf }: Place): readonly string[] {
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
    const near = closestName(key, names)
    if (names.length === 0) return `${[...issue.path, key].join('.')}${at([...issue.path, key])} is no known field`
    const hint = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`
    return `${[...issue.path, key].join('.')}${at([...issue.path, key])} is no known field; ${hint}`
  })
}

/** How zod's own messages begin; any other was written beside the field it is about. */
const BUILT_IN = /^(?:Too |Invalid |Unrecognized |Expected )/
/** How a sentence begins that has the field as its subject. */
const PREDICATE = /^(?:must|needs|is|are|has|does) /

function allowed(issue: z.core.$ZodIssue): string {
  if (!BUILT_IN.test(issue.message)) return PREDICATE.test(issue.message) ? issue.message : `is wrong: ${issue.message}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `must be ${ARTICLES[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small')
    return issue.origin === 'string'
      ? 'must not be empty'
      : `must be ${issue.minimum} ${UNITS[issue.origin] ?? ''}or more`
  if (issue.code === 'too_big') return `must be ${issue.maximum} ${UNITS[issue.origin] ?? ''}or less`
  return `is wrong: ${issue.message}`
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
        (item) => isPair(item) && isScalar(item.key) && snakeCase(String(item.key.value)) === segment,
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
    while (hasUnwrap(shape) && !hasElement(shape)) shape = shape.unwrap()
    if (segment === undefined) break
    if (hasElement(shape)) shape = shape.element
    else if (hasShape(shape)) shape = shape.shape[String(segment)]
    else break
  }
  return hasShape(shape) ? Object.keys(shape.shape) : []
}

const hasShape = (value: unknown): value is { readonly shape: Record<string, unknown> } =>
  typeof value === 'object' && value !== null && 'shape' in value
const hasElement = (value: unknown): value is { readonly element: unknown } =>
  typeof value === 'object' && value !== null && 'element' in value
const hasUnwrap = (value: unknown): value is { unwrap(): unknown } =>
  typeof value === 'object' && value !== null && 'unwrap' in value && typeof value.unwrap === 'function'
