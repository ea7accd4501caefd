import type { TenantRecord } from '#ports'
import { z } from 'zod'
import { moment, tenantIdentifier } from './identifiers.ts'
import { principalSchema } from './identity-resource.ts'

/** A tenant of the installation. */
export const tenantSchema: z.ZodType<TenantRecord, TenantRecord> = z
  .object({
    tenant_id: tenantIdentifier,
    name: z.string(),
    created_at: moment,
    closed_at: moment.nullable().describe('From then on nobody of it is let in.'),
    version: z.number().int().describe('Grows with each change.'),
  })
  .meta({ id: 'Tenant' })

/** A tenant with its first administrator. */
export const newTenantSchema = z.object({ tenant: tenantSchema, principal: principalSchema, token: z.string() })

/** What a tenant may hold at once. */
export const tenantLimitsSchema = z
  .object({
    max_running: z.number().int().nullable().describe('Runs that workers hold at once; 0: none, null: no limit.'),
  })
  .meta({ id: 'TenantLimits' })
