import type { AutonomyView, AuditHead, CapabilityView, PolicyBundles, WaitingApproval } from '#ports'
import type { ActiveBundle, SealedBundle } from '#domain/policy'
import { z } from 'zod'
import { moment, sha256 } from './identifiers.ts'

/** Members that are named are checked; the others come as they are on record. */
const shownAs = <Value>(schema: z.ZodType): z.ZodType<Value, Value> => schema as unknown as z.ZodType<Value, Value>

const anything = z.looseObject({})

/** A capability with its contract and state. */
export const capabilitySchema = shownAs<CapabilityView>(
  z
    .looseObject({
      id: z.string(),
      state: z.enum(['active', 'disabled', 'invalid']),
      origin: z.enum(['built_in', 'operator']),
      file: z.string(),
      contract: anything.nullable(),
      grant: anything.nullable(),
      problems: z.array(z.string()),
      record: anything.nullable(),
    })
    .meta({ id: 'Capability' }),
)

/** An approval that waits for people. */
export const waitingSchema = shownAs<WaitingApproval>(
  z
    .looseObject({
      approval: z.looseObject({ id: z.string(), run_id: z.string(), action: z.string(), requester: z.string() }),
      is_mine: z.boolean().describe("True where the caller's yes would count."),
      because: z.string().nullable().describe('Why it would not.'),
      preview: anything.nullable(),
    })
    .meta({ id: 'WaitingApproval' }),
)

/** How far a task class has come. */
export const autonomySchema = shownAs<AutonomyView>(
  z
    .looseObject({
      task_class: z.string(),
      phase: z.number().int(),
      name: z.string(),
      earned_level: z.number().int(),
      missing: z.array(z.string()),
    })
    .meta({ id: 'Autonomy' }),
)

/** A policy bundle under its hash. */
export const bundleSchema = shownAs<SealedBundle>(
  z.looseObject({ bundle: anything, sha256, signature: anything.nullable() }).meta({ id: 'PolicyBundle' }),
)

/** The bundle that counts. */
export const activeBundleSchema = shownAs<ActiveBundle>(
  z
    .looseObject({
      bundle: anything,
      sha256,
      signature: anything.nullable(),
      activated_at: moment,
      activated_by: z.string(),
      reason: z.string(),
    })
    .meta({ id: 'ActivePolicy' }),
)

/** One activation. */
export const activationSchema = shownAs<Awaited<ReturnType<PolicyBundles['history']>>[number]>(
  z
    .looseObject({ sha256, activated_at: moment, activated_by: z.string(), reason: z.string() })
    .meta({ id: 'PolicyActivation' }),
)

/** Where a chain and the gateways' sequences stand. */
export const auditHeadSchema = shownAs<AuditHead>(
  z
    .looseObject({
      chain: z.object({ seq: z.number().int(), hash: z.string() }),
      gateways: z.array(z.looseObject({ gateway: z.string(), seq: z.number().int() })),
      read_at: moment,
    })
    .meta({ id: 'AuditHead' }),
)
