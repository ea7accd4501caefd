import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { CedarFacts } from './cedar-request.ts'

/** What an expression comes to; `UNKNOWN` is for whatever is not computed here, and for what may be an error. */
type Known = string | boolean | readonly string[]
const UNKNOWN: unique symbol = Symbol('unknown')
type Value = Known | typeof UNKNOWN
type Term = (facts: CedarFacts) => Value

/**
 * Compiles a policy into a question that is answered without the engine: can it be told for certain that the policy does
 * not match, and that evaluating it is no error? Only a certain no is ever gone by; whatever else it is, the engine is
 * asked. It computes the same as Cedar does, in Cedar's order, for the few operators that nearly every policy is made
 * of: an operand that is not known makes the whole not known, unless Cedar would never have looked at it.
 */
export function compileCannotMatch(policy: PolicyJson): (facts: CedarFacts) => boolean {
  const scope = resourceScope(policy)
  const conditions = policy.conditions.map(({ kind, body }) => {
    const term = termOf(body)
    return kind === 'when' ? term : not(term)
  })
  return (facts) => {
    // What the head of a policy compares cannot be an error, so a no of it is one whatever comes after.
    if (scope(facts) === false) return true
    for (const condition of conditions) {
      const value = condition(facts)
      if (value === false) return true
      if (value !== true) return false
    }
    return false
  }
}

const constant =
  (value: Value): Term =>
  () =>
    value

const not =
  (term: Term): Term =>
  (facts) => {
    const value = term(facts)
    return typeof value === 'boolean' ? !value : UNKNOWN
  }

function resourceScope({ resource }: PolicyJson): Term {
  if (resource.op === 'All') return constant(true)
  return resource.op === 'in' && 'entity' in resource ? inFolder(resource.entity) : constant(UNKNOWN)
}

/** Folders are the ancestors of paths and of nothing else. */
function inFolder(uid: unknown): Term {
  const { type, id } = uidOf(uid)
  if (type !== 'Folder' || id === undefined) return constant(UNKNOWN)
  return ({ folders }) => (folders === undefined ? UNKNOWN : folders.has(id))
}

function uidOf(uid: unknown): { readonly type?: string; readonly id?: string } {
  const inner = fieldOf(uid, '__entity') ?? uid
  const [type, id] = [fieldOf(inner, 'type'), fieldOf(inner, 'id')]
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : {}
}

/** Each node of the engine's JSON has one field: the operator's name. */
function termOf(node: unknown): Term {
  const [operator, operand] = typeof node === 'object' && node !== null ? (Object.entries(node)[0] ?? []) : []
  const of = operator === undefined ? undefined : OPERATORS.get(operator)
  return of === undefined ? constant(UNKNOWN) : of(operand)
}

const OPERATORS: ReadonlyMap<string, (operand: unknown) => Term> = new Map<string, (operand: unknown) => Term>([
  ['Value', (operand) => constant(typeof operand === 'string' || typeof operand === 'boolean' ? operand : UNKNOWN)],
  ['.', attribute],
  ['!', (operand) => not(termOf(fieldOf(operand, 'arg')))],
  ['&&', (operand) => shortCircuit(operand, false)],
  ['||', (operand) => shortCircuit(operand, true)],
  ['==', (operand) => compared(operand, (one, other) => one === other)],
  ['!=', (operand) => compared(operand, (one, other) => one !== other)],
  ['like', like],
  ['contains', contains],
  ['in', membership],
])

function attribute(operand: unknown): Term {
  const name = fieldOf(operand, 'attr')
  const variable = fieldOf(fieldOf(operand, 'left'), 'Var')
  if (typeof name !== 'string') return constant(UNKNOWN)
  if (variable !== 'principal' && variable !== 'resource' && variable !== 'context') return constant(UNKNOWN)
  return (facts) => {
    const attributes = facts[variable]
    return Object.hasOwn(attributes, name) ? (attributes[name] ?? UNKNOWN) : UNKNOWN
  }
}

/** The left side decides where it is `decisive`; the right side is never looked at then, so it can be no error. */
function shortCircuit(operand: unknown, decisive: boolean): Term {
  const [left, right] = sidesOf(operand)
  return (facts) => {
    const value = left(facts)
    if (value === decisive) return decisive
    if (value !== !decisive) return UNKNOWN
    const other = right(facts)
    return typeof other === 'boolean' ? other : UNKNOWN
  }
}

/** Texts and truth values only; sets and entities are compared by the engine. */
function compared(operand: unknown, holds: (one: Known, other: Known) => boolean): Term {
  const [left, right] = sidesOf(operand)
  return (facts) => {
    const one = left(facts)
    const other = right(facts)
    if (one === UNKNOWN || other === UNKNOWN || isSet(one) || isSet(other)) return UNKNOWN
    return holds(one, other)
  }
}

const isSet = (value: Known): value is readonly string[] => typeof value === 'object'

function contains(operand: unknown): Term {
  const [left, right] = sidesOf(operand)
  return (facts) => {
    const set = left(facts)
    const item = right(facts)
    return typeof set === 'object' && typeof item === 'string' ? set.includes(item) : UNKNOWN
  }
}

function membership(operand: unknown): Term {
  if (fieldOf(fieldOf(operand, 'left'), 'Var') !== 'resource') return constant(UNKNOWN)
  return inFolder(fieldOf(fieldOf(operand, 'right'), 'Value'))
}

function like(operand: unknown): Term {
  const text = termOf(fieldOf(operand, 'left'))
  const pattern = fieldOf(operand, 'pattern')
  const parts = Array.isArray(pattern) ? partsOf(pattern) : undefined
  if (parts === undefined) return constant(UNKNOWN)
  return (facts) => {
    const value = text(facts)
    return typeof value === 'string' ? isLike(value, parts) : UNKNOWN
  }
}

/** The literal texts around the wildcards; undefined where the pattern has another form. */
function partsOf(pattern: readonly unknown[]): readonly string[] | undefined {
  const parts = ['']
  for (const piece of pattern) {
    const literal = fieldOf(piece, 'Literal')
    if (piece === 'Wildcard') parts.push('')
    else if (typeof literal === 'string') parts.push(`${parts.pop() ?? ''}${literal}`)
    else return undefined
  }
  return parts
}

/** Without a regular expression, so that no pattern can be slow. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  if (rest.length === 0) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  const last = rest.at(-1) ?? ''
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

const sidesOf = (operand: unknown): readonly [Term, Term] => [
  termOf(fieldOf(operand, 'left')),
  termOf(fieldOf(operand, 'right')),
]

const fieldOf = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, name)
    ? Object.entries(node).find(([key]) => key === name)?.[1]
    : undefined
