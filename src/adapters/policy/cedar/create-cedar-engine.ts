import {
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
  type AuthorizationAnswer,
} from '@cedar-policy/cedar-wasm/nodejs'
import { createHash } from 'node:crypto'
import { ok, refuse, type Result } from '#domain/result'
import type { ForbidRequest, ForbidRule, PolicyEngine, PreparedForbids } from '#ports'
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
 * Cedar, by its stateful interface: a level's policies are parsed once and asked with one call. A policy that could not
 * be evaluated is an error and never a policy that did not match: Cedar itself would skip it.
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

function prepared(schema: string, policies: readonly ReadPolicy[], actions: ActionResources): PreparedForbids {
  const sources = {
    ...Object.fromEntries(policies.map(({ rule, text }) => [rule, text])),
    [OPEN]: 'permit (principal, action, resource);',
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([schema, sources]))
    .digest('hex')
  const rules = policies.map(({ rule, effect, why }): ForbidRule => ({ rule, effect, why }))
  const byId = new Map(rules.map((rule) => [rule.rule, rule]))
  const anything = policies.filter((policy) => policy.actions === null)
  const about = new Map(
    policies
      .flatMap((policy) => policy.actions ?? [])
      .map((name) => [name, policies.filter((policy) => policy.actions === null || policy.actions.includes(name))]),
  )
  return {
    rules,
    ask: (request) => {
      const { action, resource } = request
      const kind = Object.hasOwn(actions, action) ? actions[action] : undefined
      if (kind === undefined) return refuse(`${action} is no action that policies know`)
      if (kind !== resource.kind) return refuse(`${action} is not done to a ${resource.kind}`)
      // Most of a call's cost is there without a single policy, so a level none of whose policies can match is not called.
      const spoken = about.get(action) ?? anything
      if (spoken.length === 0) return ok([])
      const facts = cedarFacts(request)
      if (facts !== undefined && spoken.every(({ cannotMatch }) => cannotMatch(facts))) return ok([])
      const slot = slotOf(hash, sources)
      if (!slot.ok) return slot
      return answerOf(
        statefulIsAuthorized({
          ...cedarRequest(request),
          preparsedPolicySetId: slot.value,
          preparsedSchemaName: schema,
          validateRequest: true,
        }),
        byId,
        request,
      )
    },
  }
}

function answerOf(
  answer: AuthorizationAnswer,
  rules: ReadonlyMap<string, ForbidRule>,
  { action }: ForbidRequest,
): Result<readonly ForbidRule[], string> {
  if (answer.type === 'failure') return refuse(`${action}: ${answer.errors.map(({ message }) => message).join('; ')}`)
  const { decision, diagnostics } = answer.response
  const [error] = diagnostics.errors
  if (error !== undefined) return refuse(`${error.policyId}: ${error.error.message}`)
  if (decision === 'allow') return ok([])
  const reasons = new Set(diagnostics.reason)
  // In the order in which they are written: the engine's own differs from process to process.
  const matched = [...rules.values()].filter(({ rule }) => reasons.has(rule))
  return matched.length > 0 ? ok(matched) : refuse(`${action} was denied without a reason`)
}

/** Which set is parsed under which name; the least recently asked gives way. */
const slots = new Map<string, string>()

function slotOf(hash: string, sources: Readonly<Record<string, string>>): Result<string, string> {
  const held = slots.get(hash)
  if (held !== undefined) {
    slots.delete(hash)
    slots.set(hash, held)
    return ok(held)
  }
  const oldest = slots.size < SLOTS ? undefined : slots.entries().next().value
  const name = oldest?.[1] ?? `gander.set.${slots.size}`
  if (oldest !== undefined) slots.delete(oldest[0])
  const parsed = preparsePolicySet(name, { staticPolicies: { ...sources } })
  if (parsed.type === 'failure') return refuse(parsed.errors[0]?.message ?? 'the policies cannot be read')
  slots.set(hash, name)
  return ok(name)
}
