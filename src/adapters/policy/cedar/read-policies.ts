import {
  policySetTextToParts,
  policyToJson,
  type DetailedError,
  type PolicyJson,
} from '@cedar-policy/cedar-wasm/nodejs'
import { ok, refuse, type Result } from '#domain/result'
import type { ForbidRule } from '#ports'
import { compileCannotMatch } from './cannot-match.ts'
import type { CedarFacts } from './cedar-request.ts'

/** A policy with the rule that it stands for. */
export interface ReadPolicy extends ForbidRule {
  readonly text: string
  /** Actions that its head names; null: any. */
  readonly actions: readonly string[] | null
  /** True where it is certain, without the engine, that the policy does not match. */
  readonly cannotMatch: (facts: CedarFacts) => boolean
}

const ID = /^[a-z][a-z0-9_.-]{0,79}$/
const ANNOTATIONS = ['id', 'effect', 'why'] as const

/** Takes Cedar text apart. A policy that permits, has no `@id`, or speaks of paths in upper case is a problem. */
export function readPolicies(text: string): Result<readonly ReadPolicy[], readonly string[]> {
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') return refuse(parts.errors.map((error) => located(error, text)))
  const problems: string[] = parts.policy_templates.map(
    (template) => `${lineOf(text, template)}: a template can't be decided by; write the policy out`,
  )
  const policies = parts.policies.flatMap((policy) => {
    const read = readPolicy(policy, lineOf(text, policy))
    if (!read.ok) problems.push(...read.refusal)
    return read.ok ? [read.value] : []
  })
  const seen = new Set<string>()
  for (const { rule } of policies) {
    if (seen.has(rule)) problems.push(`@id(${JSON.stringify(rule)}) is given twice`)
    seen.add(rule)
  }
  return problems.length > 0 ? refuse(problems) : ok(policies)
}

function readPolicy(text: string, at: string): Result<ReadPolicy, readonly string[]> {
  const parsed = policyToJson(text)
  if (parsed.type === 'failure') return refuse(parsed.errors.map((error) => `${at}: ${error.message}`))
  const { json } = parsed
  const { id = '', effect = 'deny', why = '' } = json.annotations ?? {}
  const problems = [
    ...(json.effect === 'permit'
      ? [`${at}: \`permit\` would widen what a run may do; a level can only take away. Write what is to be forbidden`]
      : []),
    ...(ID.test(id) ? [] : [`${at}: a policy needs an @id("…") in lower case, by which decisions name it`]),
    ...(effect === 'deny' || effect === 'ask' ? [] : [`${at}: @effect must be "ask" or "deny"`]),
    ...Object.keys(json.annotations ?? {})
      .filter((name) => !ANNOTATIONS.some((known) => known === name))
      .map((name) => `${at}: @${name} is no known annotation; known are @${ANNOTATIONS.join(', @')}`),
    ...upperCaseProblems(json, at),
  ]
  if (problems.length > 0) return refuse(problems)
  const said = why === '' ? `the policy ${id} forbids it` : why
  return ok({
    rule: id,
    effect: effect === 'ask' ? 'ask' : 'deny',
    why: said,
    text,
    actions: actionsOf(json),
    cannotMatch: compileCannotMatch(json),
  })
}

function actionsOf({ action }: PolicyJson): readonly string[] | null {
  if (action.op === 'All') return null
  const named = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : []
  return named.map((uid) => ('__entity' in uid ? uid.__entity.id : uid.id))
}

const PATH_ATTRIBUTES = ['path', 'name', 'extension', 'components']

/** Paths are folded before they are compared, so a text with upper case would never match and never protect. */
function upperCaseProblems(json: PolicyJson, at: string): readonly string[] {
  const texts: string[] = []
  const open: unknown[] = [json.conditions, json.resource]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    texts.push(...folderNames(next), ...comparedWithPath(next))
    open.push(...Object.values(next).filter((value) => value !== null && value !== undefined))
  }
  return texts
    .filter((text) => text !== text.toLowerCase())
    .map((text) => `${at}: ${JSON.stringify(text)} is compared with paths in lower case; write it in lower case`)
}

const folderNames = (node: object): readonly string[] =>
  'type' in node && (node.type === 'Folder' || node.type === 'Path') && 'id' in node && typeof node.id === 'string'
    ? [node.id]
    : []

/** Literals on the other side of `resource.path` and the like. */
function comparedWithPath(node: object): readonly string[] {
  return Object.values(node).flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null || !('left' in value) || !isPathAttribute(value.left)) return []
    const other = 'right' in value ? value.right : 'pattern' in value ? value.pattern : undefined
    return literals(other)
  })
}

const isPathAttribute = (node: unknown): boolean => {
  if (typeof node !== 'object' || node === null || !('.' in node)) return false
  const access = node['.']
  if (typeof access !== 'object' || access === null || !('attr' in access) || !('left' in access)) return false
  const { left } = access
  const isResource = typeof left === 'object' && left !== null && 'Var' in left && left.Var === 'resource'
  return isResource && PATH_ATTRIBUTES.some((name) => name === access.attr)
}

function literals(node: unknown): readonly string[] {
  if (typeof node === 'string') return node === 'Wildcard' ? [] : [node]
  if (Array.isArray(node)) return node.flatMap(literals)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) =>
    name === 'Value' || name === 'Literal' || name === 'Set' ? literals(value) : [],
  )
}

/** Where a policy begins in its text. */
function lineOf(text: string, policy: string): string {
  const at = text.indexOf(policy)
  return at === -1 ? 'the Cedar text' : `line ${text.slice(0, at).split('\n').length}`
}

/** A parser's error with its line. */
function located({ message, help, sourceLocations }: DetailedError, text: string): string {
  const start = sourceLocations?.[0]?.start
  const line = start === undefined ? '' : `line ${text.slice(0, start).split('\n').length}: `
  return `${line}${message}${help === null || help === undefined ? '' : ` (${help})`}`
}
