import {
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
  type AuthorizationAnswer,
} from '@cedar-policy/cedar-wasm/nodejs'
import { createHash } from 'node:crypto'
import { ok, refuse, type Result } from '#domain/result'
import type { ForbidAnswer, ForbidRequest, ForbidRule, PolicyEngine, PreparedForbids } from '#ports'
import { cedarFacts, cedarRequest } from './cedar-request.ts'
import { schemaFor, type ActionResources } from './cedar-schema.ts'
import { readPolicies, type ReadPolicy } from './read-policies.ts'

/** Preparsed sets that are kept at once; the engine has no way to forget one, so their names are used again. */
const SLOTS = 64
/** Without a policy that permits, everything is denied and nothing could be told from a forbid. */
const OPEN = 'gander.open'
const MOST_POLICIES = 1000
const MOST_TEXT = 262_144

/**
 * Cedar, by its stateful interface: the policies of all levels are asked with one call, and a set of them is parsed once.
 * A policy that could not be evaluated is an error and never a policy that did not match: Cedar itself would skip it.
 */
export function createCedarEngine({ actions }: { readonly actions: ActionResources }): PolicyEngine {
  const schema = schemaFor(actions)
  const schema_name = `gander.${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`
  const parsed = preparseSchema(schema_name, schema)
  if (parsed.type === 'failure') throw new TypeError(`the schema of policies: ${parsed.errors[0]?.message}`)
  return {
    prepare: (text) => {
      // Before anything is parsed: parsing ten thousand policies takes longer than anybody would wait.
      const count = text.match(/\b(?:forbid|permit)\s*\(/g)?.length ?? 0
      if (count > MOST_POLICIES)
        return refuse([`${count} Cedar policies are more than the ${MOST_POLICIES} that one level may have`])
      if (text.length > MOST_TEXT) return refuse([`${text.length} characters of Cedar are more than ${MOST_TEXT}`])
      const read = readPolicies(text)
      if (!read.ok) return read
      const problems = invalid(schema, read.value)
      return problems.length > 0 ? refuse(problems) : ok(prepared(schema_name, read.value, actions))
    },
  }
}

function invalid(schema: string, policies: readonly ReadPolicy[]): readonly string[] {
  const answer = validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(policies.map(({ rule, text }) => [rule, text])) },
  })
  if (answer.type === 'failure') return answer.errors.map(({ message }) => message)
  // A policy that can never match protects nothing: validation calls it a warning, and here it is a problem.
  return [...answer.validationErrors, ...answer.validationWarnings].map(
    ({ policyId, error }) => `@id(${JSON.stringify(policyId)}): ${error.message}`,
  )
}

/** A policy with what tells it from others of any level. */
interface Marked extends ReadPolicy {
  readonly mark: string
}

/** What this engine prepared, by what it gave out. */
const levels = new WeakMap<PreparedForbids, readonly Marked[]>()

function prepared(schema: string, policies: readonly ReadPolicy[], actions: ActionResources): PreparedForbids {
  const marked = policies.map((policy) => ({ ...policy, mark: shortHash(policy.text) }))
  const forbids: PreparedForbids = {
    rules: policies.map(({ rule, effect, why }): ForbidRule => ({ rule, effect, why })),
    ask: (request) => askAll({ schema, actions, parts: [marked] }, request)[0] ?? refuse('nothing was asked'),
    askTogether: (others, request) => {
      const known = others.map((each) => levels.get(each))
      const parts = known.filter((part) => part !== undefined)
      // Of another engine: each is asked by itself.
      if (parts.length < known.length) return [forbids, ...others].map((each) => each.ask(request))
      return askAll({ schema, actions, parts: [marked, ...parts] }, request)
    },
  }
  levels.set(forbids, marked)
  return forbids
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 16)

interface Asked {
  readonly schema: string
  readonly actions: ActionResources
  /** The policies of each level. */
  readonly parts: readonly (readonly Marked[])[]
}

/**
 * Most of a call's cost is there with a single policy: one call is made for all levels, over those policies only that
 * may match, and none where none may.
 */
function askAll({ schema, actions, parts }: Asked, request: ForbidRequest): readonly ForbidAnswer[] {
  const everywhere = (answer: ForbidAnswer) => parts.map(() => answer)
  const { action, resource } = request
  const kind = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (kind === undefined) return everywhere(refuse(`${action} is no action that policies know`))
  if (kind !== resource.kind) return everywhere(refuse(`${action} is not done to a ${resource.kind}`))
  const facts = cedarFacts(request)
  const open = parts.map((policies) =>
    policies
      .filter((policy) => policy.actions === null || policy.actions.includes(action))
      .filter(({ cannotMatch }) => facts === undefined || !cannotMatch(facts)),
  )
  if (open.every(({ length }) => length === 0)) return everywhere(ok([]))
  const slot = slotOf(schema, open)
  if (!slot.ok) return everywhere(slot)
  const answer = statefulIsAuthorized({
    ...cedarRequest(request),
    preparsedPolicySetId: slot.value,
    preparsedSchemaName: schema,
    validateRequest: true,
  })
  return open.map((policies, part) => answerOf(answer, { policies, part }, action))
}

/** What a policy is called in a set over several levels. */
const nameOf = (part: number, rule: string): string => `${part}:${rule}`

function answerOf(
  answer: AuthorizationAnswer,
  { policies, part }: { readonly policies: readonly Marked[]; readonly part: number },
  action: string,
): ForbidAnswer {
  if (answer.type === 'failure') return refuse(`${action}: ${answer.errors.map(({ message }) => message).join('; ')}`)
  const { decision, diagnostics } = answer.response
  const [error] = diagnostics.errors
  // A policy that could not be evaluated denies, whichever level it is of.
  if (error !== undefined)
    return refuse(`${error.policyId.slice(error.policyId.indexOf(':') + 1)}: ${error.error.message}`)
  if (decision === 'allow') return ok([])
  if (diagnostics.reason.length === 0) return refuse(`${action} was denied without a reason`)
  const reasons = new Set(diagnostics.reason)
  // In the order in which they are written: the engine's own differs from process to process.
  return ok(
    policies
      .filter(({ rule }) => reasons.has(nameOf(part, rule)))
      .map(({ rule, effect, why }): ForbidRule => ({ rule, effect, why })),
  )
}

/** Which set is parsed under which name; the least recently asked gives way. */
const slots = new Map<string, string>()

function slotOf(schema: string, parts: readonly (readonly Marked[])[]): Result<string, string> {
  const key = [schema, ...parts.map((policies) => policies.map(({ mark }) => mark).join())].join('\n')
  const held = slots.get(key)
  if (held !== undefined) {
    slots.delete(key)
    slots.set(key, held)
    return ok(held)
  }
  const oldest = slots.size < SLOTS ? undefined : slots.entries().next().value
  const name = oldest?.[1] ?? `gander.set.${slots.size}`
  if (oldest !== undefined) slots.delete(oldest[0])
  const policies = parts.flatMap((part, at) => part.map(({ rule, text }) => [nameOf(at, rule), text] as const))
  const parsed = preparsePolicySet(name, {
    staticPolicies: { ...Object.fromEntries(policies), [OPEN]: 'permit (principal, action, resource);' },
  })
  if (parsed.type === 'failure') return refuse(parsed.errors[0]?.message ?? 'the policies cannot be read')
  slots.set(key, name)
  return ok(name)
}
