import { PERMISSIONS, ROLES, type Permission, type RoleGrant } from '#domain/identity'
import type { PrincipalRecord, TokenRecord } from '#ports'
import { z } from 'zod'
import { moment, tenantIdentifier } from './identifiers.ts'

/** A role, everywhere or for some repositories, for good or until a moment. */
export const grantSchema = z
  .strictObject({
    role: z.enum(ROLES),
    repository: z
      .string()
      .min(1)
      .max(2000)
      .nullable()
      .default(null)
      .describe('An address, or a prefix of one that ends with a slash; null: every repository of the tenant.'),
    until: moment.exactOptional().describe('When it ends; absent: it stands until it is taken away.'),
  })
  .meta({ id: 'RoleGrant' })

const grantShown = z.object({
  role: z.enum(ROLES),
  repository: z.string().nullable(),
  until: moment.exactOptional(),
}) satisfies z.ZodType<RoleGrant>

const PERMISSION_NAMES = Object.keys(PERMISSIONS) as [Permission, ...Permission[]]

/** What a token is cut down to. */
export const scopesSchema = z
  .array(z.enum(PERMISSION_NAMES))
  .max(100)
  .nullable()
  .describe('Permissions; null: everything that the grants allow.')

/** Somebody who may ask. */
export const principalSchema: z.ZodType<PrincipalRecord, PrincipalRecord> = z
  .object({
    tenant_id: tenantIdentifier,
    id: z.string(),
    kind: z.enum(['person', 'service', 'worker', 'run']),
    name: z.string(),
    oidc: z.object({ issuer: z.string(), subject: z.string() }).nullable(),
    grants: z.array(grantShown),
    disabled_at: moment.nullable(),
    version: z.number().int().describe('Grows with each change.'),
  })
  .meta({ id: 'Principal' })

/** A token as people see it again: never its secret. */
export const tokenSchema: z.ZodType<TokenRecord, TokenRecord> = z
  .object({
    id: z.string(),
    principal_id: z.string(),
    label: z.string(),
    scopes: z.array(z.enum(PERMISSION_NAMES)).nullable(),
    created_at: moment,
    expires_at: moment.nullable(),
    last_used_at: moment.nullable(),
    revoked_at: moment.nullable(),
  })
  .meta({ id: 'Token' })

/** Who asks. */
export const meSchema = z
  .object({
    tenant_id: tenantIdentifier,
    id: z.string(),
    kind: z.enum(['person', 'service', 'worker', 'run']),
    name: z.string(),
    grants: z.array(grantShown),
    scopes: z.array(z.enum(PERMISSION_NAMES)).nullable(),
    permissions: z.array(z.enum(PERMISSION_NAMES)).describe('What this token opens for every repository.'),
  })
  .meta({ id: 'Me' })
