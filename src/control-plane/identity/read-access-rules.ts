import { readDocument, shownProblems } from '#documents'
import { ACCESS_FACTS, factsOf, PERMISSIONS, type AccessRule, type Permission } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import { ok, refuse, type Result } from '#domain/result'
import { z } from 'zod'

const NAMES = Object.keys(PERMISSIONS) as [Permission, ...Permission[]]
const among = z.array(z.union([z.string().trim().min(1).max(2000), z.number()])).max(500)
const NUMBERS: readonly string[] = ['run.level', 'time.hour']

const condition = z
  .strictObject({
    fact: z.enum(ACCESS_FACTS),
    in: among.exactOptional(),
    not_in: among.exactOptional(),
    at_least: z.number().exactOptional(),
    at_most: z.number().exactOptional(),
  })
  .refine((said) => Object.keys(said).length > 1, 'must say `in`, `not_in`, `at_least` or `at_most`')
  .refine(
    ({ fact, at_least, at_most }) => NUMBERS.includes(fact) || (at_least === undefined && at_most === undefined),
    `at_least and at_most are for ${NUMBERS.join(' and ')}`,
  )

const rule = z
  .strictObject({
    action: z.enum(NAMES),
    tenants: z
      .array(z.string().regex(/^ten_[0-9a-z]{1,32}$/))
      .nullable()
      .default(null),
    allow_if: z.array(condition).min(1).max(50),
    reason: z.string().trim().min(1).max(500).nullable().default(null),
  })
  .refine(({ action }) => action !== 'switch.stop', 'stopping stays open to everyone whose role opens it')
  .refine(({ action }) => !action.endsWith('.read'), 'rules are about acts that change something')
  .superRefine(({ action, allow_if }, context) => {
    const known = factsOf(action)
    for (const [index, { fact }] of allow_if.entries())
      if (!known.includes(fact))
        context.addIssue({
          code: 'custom',
          path: ['allow_if', index, 'fact'],
          message: `is not known for ${action}; known are ${known.join(', ')}`,
        })
  })

const schema = z.strictObject({ rules: z.array(rule).max(500).default([]) })

/** Reads the YAML of access.yaml; undefined is an installation without that file: roles alone decide. */
export function readAccessRules(source: string | undefined): Result<readonly AccessRule[], string> {
  const read = readDocument(source ?? '', schema, { may_be_empty: true })
  if (!read.ok) return refuse(`access.yaml: ${shownProblems(read.refusal)}`)
  return ok(read.value.rules.map((one) => ({ ...one, tenants: one.tenants as readonly TenantId[] | null })))
}
