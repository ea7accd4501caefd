import type { Json, JsonObject } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'

/** The largest schema of one tool, in characters of JSON. */
const MAX_SCHEMA = 16_000
const MAX_DEPTH = 12
const MAX_PARTS = 1000
const MAX_COMPLAINTS = 5
const PROPERTY = /^[\w.$@-]{1,64}$/

// Keywords that restrict nothing or are words for readers; they are left out.
const IGNORED = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'default',
  'examples',
  'format',
  'deprecated',
  'readOnly',
  'writeOnly',
  'pattern',
  'contentMediaType',
  'contentEncoding',
  'discriminator',
])
const NUMBERS = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
])
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])

/** A schema of foreign origin in the subset that is understood; `words` makes its descriptions fit to be read. */
export function strictSchema(schema: JsonObject, words: (text: string) => string): Result<JsonObject, string> {
  if (JSON.stringify(schema).length > MAX_SCHEMA) return refuse(`its schema is larger than ${MAX_SCHEMA} characters`)
  try {
    const strict = strictly(schema, { root: schema, words, depth: 0, budget: { left: MAX_PARTS } })
    return strict['type'] === 'object' ? ok(strict) : refuse('its arguments are not an object')
  } catch (error) {
    if (error instanceof Outside) return refuse(error.message)
    throw error
  }
}

class Outside extends Error {}

interface Place {
  readonly root: JsonObject
  readonly words: (text: string) => string
  readonly depth: number
  /** Shared by all of one schema: references that are written out multiply. */
  readonly budget: { left: number }
}

function strictly(schema: Json | undefined, place: Place): JsonObject {
  if (schema === true) return {}
  if (!isObject(schema)) throw new Outside('its schema holds something that is no schema')
  if (place.depth > MAX_DEPTH) throw new Outside(`its schema nests deeper than ${MAX_DEPTH}`)
  place.budget.left -= 1
  if (place.budget.left < 0) throw new Outside(`its schema has more than ${MAX_PARTS} parts`)
  const inner: Place = { ...place, depth: place.depth + 1 }
  if ('$ref' in schema) return strictly(target(schema['$ref'], place.root), inner)
  const kept: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const strict = keywordOf(keyword, value, inner)
    if (strict !== undefined) kept[keyword] = strict
  }
  return kept
}

/** References are followed and written out; one that goes round in a circle ends at the depth limit. */
function target(reference: Json | undefined, root: JsonObject): Json | undefined {
  const name = /^#\/(\$defs|definitions)\/([\w.-]{1,64})$/.exec(typeof reference === 'string' ? reference : '')
  const group = root[name?.[1] ?? '']
  if (name === null || !isObject(group) || !Object.hasOwn(group, name[2] ?? ''))
    throw new Outside('its schema refers to something outside its own definitions')
  return group[name[2] ?? '']
}

function keywordOf(keyword: string, value: Json | undefined, place: Place): Json | undefined {
  if (value === undefined || IGNORED.has(keyword) || keyword === '$defs' || keyword === 'definitions') return undefined
  if (NUMBERS.has(keyword) && typeof value === 'number') return value
  switch (keyword) {
    case 'description':
      return typeof value === 'string' ? place.words(value) : undefined
    case 'type':
      if ([value].flat().every((type) => typeof type === 'string' && TYPES.has(type))) return value
      break
    case 'properties':
      if (isObject(value)) return properties(value, place)
      break
    case 'required':
      if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
      break
    case 'additionalProperties':
      return typeof value === 'boolean' ? value : strictly(value, place)
    case 'items':
      return strictly(value, place)
    case 'enum':
      if (Array.isArray(value) && value.length <= 200) return value
      break
    case 'const':
      return value
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      if (Array.isArray(value) && value.length <= 20) return value.map((option) => strictly(option, place))
      break
  }
  throw new Outside(
    `its schema uses ${keyword.replaceAll(/[^\w$]/g, '_').slice(0, 40)} in a way that is not understood`,
  )
}

function properties(value: JsonObject, place: Place): JsonObject {
  const names = Object.keys(value)
  const odd = names.find((name) => !PROPERTY.test(name) || name === '__proto__')
  if (odd !== undefined) throw new Outside('its schema has a property with an odd name')
  return Object.fromEntries(names.map((name) => [name, strictly(value[name], place)]))
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is wrong with a value under a strict schema; unknown properties are wrong unless the schema names a schema for them. */
export function complaints(schema: JsonObject, value: Json, at = 'arguments'): readonly string[] {
  const found = [...shape(schema, value, at), ...choices(schema, value, at)]
  if (found.length > 0) return found.slice(0, MAX_COMPLAINTS)
  const deep = Array.isArray(value) ? itemsOf(schema, value, at) : isObject(value) ? membersOf(schema, value, at) : []
  return deep.slice(0, MAX_COMPLAINTS)
}

function shape(schema: JsonObject, value: Json, at: string): readonly string[] {
  const types = schema['type'] === undefined ? [] : [schema['type']].flat()
  if (types.length > 0 && !types.some((type) => isOfType(value, type)))
    return [`${at} must be ${types.map((type) => JSON.stringify(type)).join(' or ')}`]
  const allowed = schema['enum']
  if (Array.isArray(allowed) && !allowed.some((one) => same(one, value)))
    return [`${at} must be one of ${JSON.stringify(allowed).slice(0, 300)}`]
  if (schema['const'] !== undefined && !same(schema['const'], value)) return [`${at} must be the constant`]
  return bounds(schema, value, at)
}

const same = (a: Json | undefined, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b)

function isOfType(value: Json, type: Json | undefined): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function bounds(schema: JsonObject, value: Json, at: string): readonly string[] {
  const size =
    typeof value === 'number'
      ? (['minimum', 'maximum', value] as const)
      : typeof value === 'string'
        ? (['minLength', 'maxLength', value.length] as const)
        : Array.isArray(value)
          ? (['minItems', 'maxItems', value.length] as const)
          : (['minProperties', 'maxProperties', isObject(value) ? Object.keys(value).length : 0] as const)
  const [least, most, is] = size
  const low = schema[least]
  const high = schema[most]
  const above = typeof value === 'number' ? schema['exclusiveMinimum'] : undefined
  const below = typeof value === 'number' ? schema['exclusiveMaximum'] : undefined
  return [
    ...(typeof low === 'number' && is < low ? [`${at} is below ${least} ${low}`] : []),
    ...(typeof high === 'number' && is > high ? [`${at} is above ${most} ${high}`] : []),
    ...(typeof above === 'number' && is <= above ? [`${at} must be above ${above}`] : []),
    ...(typeof below === 'number' && is >= below ? [`${at} must be below ${below}`] : []),
  ]
}

function choices(schema: JsonObject, value: Json, at: string): readonly string[] {
  const fitting = (keyword: string) => {
    const options = schema[keyword]
    if (!Array.isArray(options)) return undefined
    return {
      fit: options.filter((one) => isObject(one) && complaints(one, value, at).length === 0),
      of: options.length,
    }
  }
  const all = fitting('allOf')
  const any = fitting('anyOf')
  const one = fitting('oneOf')
  return [
    ...(all !== undefined && all.fit.length < all.of ? [`${at} does not fit all parts of its schema`] : []),
    ...(any !== undefined && any.fit.length === 0 ? [`${at} fits none of the forms it may have`] : []),
    ...(one !== undefined && one.fit.length !== 1 ? [`${at} must fit exactly one of the forms it may have`] : []),
  ]
}

function itemsOf(schema: JsonObject, value: readonly Json[], at: string): readonly string[] {
  const items = schema['items']
  return isObject(items) ? value.flatMap((item, index) => complaints(items, item, `${at}[${index}]`)) : []
}

function membersOf(schema: JsonObject, value: JsonObject, at: string): readonly string[] {
  const known = isObject(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const rest = schema['additionalProperties']
  const missing = required.filter((name) => typeof name === 'string' && !Object.hasOwn(value, name))
  // An object without any description of its members takes any; one with a description takes no others.
  const takesAny = rest === true || (rest === undefined && schema['properties'] === undefined)
  return [
    ...missing.map((name) => `${at}.${String(name)} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const own = Object.hasOwn(known, name) ? known[name] : rest
      if (isObject(own) && member !== undefined) return complaints(own, member, `${at}.${name}`)
      const isKnown =
        takesAny || Object.hasOwn(known, name) || 'allOf' in schema || 'anyOf' in schema || 'oneOf' in schema
      return isKnown ? [] : [`${at}.${name.slice(0, 64)} is not known`]
    }),
  ]
}
