import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { ApiDocument, Schema } from './platform-world.ts'

/** Text that programs trip over: controls, NUL, halves of pairs, marks that reverse, very long, and paths that climb. */
export const oddText: Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\u202egnp',
    '../../etc/passwd',
    "'; drop table x; --",
    '%00',
    '${x}',
    '𝕏',
  ),
  fc.constantFrom('a'.repeat(5000), '😀'.repeat(3000)),
)

/** Anything JSON can say, also what no schema allows. */
export const oddJson: Arbitrary<unknown> = fc.oneof(
  { depthSize: 'small' },
  oddText,
  fc.constantFrom(null, true, -1, 0, 1e308, -0, 2 ** 53, [], {}, [[[]]], { __proto__: null }),
  fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown),
)

/** Identifiers that there are, by the name that addresses give them. */
export type KnownNames = Readonly<Record<string, readonly string[]>>

const namedAs = (name: string | undefined, known: KnownNames): Arbitrary<string> | undefined => {
  const values = name === undefined ? undefined : known[name]
  return values === undefined ? undefined : fc.constantFrom(...values)
}

/** Values that a schema describes, as far as it says. */
export function valuesOf(
  schema: Schema,
  document: ApiDocument,
  { known, name, depth = 0 }: { readonly known: KnownNames; readonly name?: string; readonly depth?: number },
): Arbitrary<unknown> {
  const below = (part: Schema, called?: string) =>
    valuesOf(part, document, { known, depth: depth + 1, ...(called !== undefined && { name: called }) })
  const own = namedAs(name, known)
  if (own !== undefined) return own
  if (depth > 8) return fc.constant(null)
  if (schema.$ref !== undefined) {
    const target = document.components.schemas[schema.$ref.split('/').at(-1) ?? '']
    return target === undefined ? fc.constant(null) : below(target)
  }
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map((part) => below(part, name)))
  if (schema.allOf !== undefined)
    return fc
      .tuple(...schema.allOf.map((part) => below(part)))
      .map((parts) => Object.assign({}, ...(parts as object[])) as unknown)
  return plainValues(schema, below)
}

function plainValues(schema: Schema, below: (part: Schema, name?: string) => Arbitrary<unknown>): Arbitrary<unknown> {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  const { minimum = 0, maximum = 1000 } = schema
  switch (type) {
    case 'object': {
      const members = Object.entries(schema.properties ?? {})
      const required = new Set(schema.required ?? [])
      const requiredKeys = members.map(([key]) => key).filter((key) => required.has(key))
      return fc.record(Object.fromEntries(members.map(([key, part]) => [key, below(part, key)])), { requiredKeys })
    }
    case 'array':
      return fc.array(below(schema.items ?? {}), { maxLength: 3 })
    case 'integer':
      return fc.integer({ min: Math.max(minimum, -1000), max: Math.min(maximum, 1e6) })
    case 'number':
      return fc.double({ min: minimum, max: Math.min(maximum, 1e6), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return textOf(schema)
  }
}

function textOf({ format, minLength = 0 }: Schema): Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom('2030-01-01T00:00:00Z', '2020-02-29T23:59:59.999+02:00')
  if (format === 'uri') return fc.constantFrom('https://127.0.0.1:9/acme/retry', 'https://127.0.0.1:9')
  return fc.string({ unit: 'grapheme-ascii', minLength, maxLength: Math.max(20, minLength) })
}
