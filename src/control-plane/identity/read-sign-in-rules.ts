import { readDocument, shownProblems } from '#documents'
import { ROLES } from '#domain/identity'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { ok, refuse, type Result } from '#domain/result'
import type { SignInRules } from '#ports'
import { z } from 'zod'

const text = z.string().trim().min(1).max(500)
/** Plain http is for a provider on this machine. */
const issuer = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine(isSafe, 'must be https, or http on the loopback address')

const schema = z.strictObject({
  issuer,
  client_id: text,
  audience: text.nullable().default(null),
  scope: text.default('openid profile email'),
  groups_claim: text.default('groups'),
  tenant: z
    .string()
    .regex(/^ten_[0-9a-z]{1,32}$/)
    .default(LOCAL_TENANT),
  groups: z
    .array(
      z.strictObject({
        group: text,
        role: z.enum(ROLES),
        repository: z.string().trim().min(1).max(2000).nullable().default(null),
      }),
    )
    .max(500)
    .default([]),
})

/** What flags say before the file does. */
type Said = Partial<Pick<SignInRules, 'issuer' | 'client_id'>>

/** Reads `sign-in.yaml`, with what was said on the command line before it. */
export function readSignInRules(source: string | undefined, said: Said): Result<SignInRules, string> {
  const own = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const read = readDocument(source ?? '', schema.partial({ issuer: true, client_id: true }), { may_be_empty: true })
  if (!read.ok) return refuse(`sign-in.yaml: ${shownProblems(read.refusal)}`)
  const { tenant, ...rules } = { ...read.value, ...own }
  const whole = schema.pick({ issuer: true, client_id: true }).safeParse({
    issuer: rules.issuer,
    client_id: rules.client_id,
  })
  if (!whole.success)
    return refuse(whole.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
  return ok({ ...rules, ...whole.data, tenant_id: tenant as TenantId })
}

function isSafe(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || ['localhost', '[::1]'].includes(url.hostname) || url.hostname.startsWith('127.')
}
