import { RUN_MODES } from '#domain/task'
import type {
  KeptBundle,
  PolicyDifference,
  PolicyLevelLine,
  PolicyReplay,
  PolicyReport,
  PolicyShown,
  PolicyTestOutcome,
  PolicyTexts,
  PolicyWish,
  RecordedDecision,
} from '#ports'
import type { BundleSignature, SealedBundle } from '#domain/policy'
import { z } from 'zod'
import { moment, sha256 } from './identifiers.ts'
import { decisionSchema } from './record-resources.ts'
import { taskSchema } from './task-resource.ts'

const words = z.string().max(500_000)
const path = z
  .string()
  .min(1)
  .max(300)
  .regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\p{Cc}\p{Cs}\\]*$/u, 'must be a path below the folder of the policy')
const bundleName = z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a bundle')

/** A file of a policy or of its tests. */
export const policyText = z.strictObject({ path, text: words })

/** Who put a signature under a bundle, and the signature. */
export const signatureSchema: z.ZodType<BundleSignature, BundleSignature> = z
  .strictObject({
    algorithm: z.literal('ed25519'),
    key_id: z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits'),
    signature: z.base64().max(200),
  })
  .meta({ id: 'PolicySignature' })

// What a bundle holds is checked by its hash, and by the compiler that made it.
const sealed = z.strictObject({
  bundle: z.looseObject({ format: z.literal('gander.policy.v1') }),
  sha256: bundleName,
  signature: signatureSchema.nullable(),
}) as unknown as z.ZodType<SealedBundle, SealedBundle>

/** A policy as it comes in a request. */
export const policyWords: z.ZodType<PolicyTexts, PolicyTexts> = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('folder'), files: z.array(policyText).max(500) })
      .describe('The files of a policy folder, with its tests.'),
    z
      .strictObject({ kind: z.literal('repository'), text: words, tests: words.nullable() })
      .describe("A repository's own policy, over what the server has."),
    z.strictObject({ kind: z.literal('sealed'), sealed }).describe('A bundle that was signed elsewhere.'),
    z.strictObject({ kind: z.literal('kept'), sha256: bundleName }).describe('A bundle on record.'),
  ])
  .meta({ id: 'PolicyWords' })

/** Where a comparison begins. */
export const policySide = z
  .union([z.literal('active'), bundleName, policyWords])
  .describe('`active`, the hash of a bundle on record, or a policy.')

const level: z.ZodType<PolicyLevelLine, PolicyLevelLine> = z.object({
  name: z.string(),
  level: z.string(),
  rules: z.number().int(),
  applies_to: z.array(z.string()),
})

/** What reading a policy came to. */
export const policyReportSchema: z.ZodType<PolicyReport, PolicyReport> = z
  .object({
    place: z.string(),
    problems: z.array(z.string()).describe('Empty where the policy can be used.'),
    notes: z.array(z.string()).describe('What is written and has no effect.'),
    sha256: z.string().nullable(),
    version: z.string().nullable(),
    levels: z.array(level),
    expires_at: moment.nullable(),
  })
  .meta({ id: 'PolicyReport' })

/** How one test of a policy came out. */
export const policyTestSchema: z.ZodType<PolicyTestOutcome, PolicyTestOutcome> = z
  .object({
    file: z.string(),
    name: z.string(),
    passed: z.boolean(),
    differences: z.array(z.string()),
    explanation: z.string(),
  })
  .meta({ id: 'PolicyTestOutcome' })

const text = z.string().max(2000)

/** What is asked of a policy. */
export const policyWish = z.strictObject({
  action: z.string().min(1).max(200).exactOptional().describe('Dotted; absent: told from what else is given.'),
  paths: z.array(text).max(500).exactOptional(),
  argv: z.array(text).max(500).exactOptional(),
  host: z.string().max(300).exactOptional(),
  mode: z.enum(RUN_MODES).exactOptional(),
  capability: z.string().max(200).exactOptional(),
  repository: text.exactOptional(),
}) satisfies z.ZodType<PolicyWish>

/** One difference between two policies. */
export const differenceSchema: z.ZodType<PolicyDifference, PolicyDifference> = z
  .object({ direction: z.enum(['stricter', 'looser', 'changed']), policy: z.string(), said: z.string() })
  .meta({ id: 'PolicyDifference' })

const answer = z.enum(['allow', 'ask', 'deny'])

/** What asking another policy about recorded decisions came to. */
export const replaySchema: z.ZodType<PolicyReplay, PolicyReplay> = z
  .object({
    asked: z.number().int(),
    left_out: z.number().int().describe('Decisions that do not hold what would have to be asked.'),
    asked_until: moment.exactOptional().describe('There are later decisions, which were not asked about.'),
    changed: z.array(
      z.object({
        decision_id: z.string(),
        run_id: z.string(),
        created_at: moment,
        action: z.string(),
        subject: z.string(),
        was: answer,
        becomes: answer,
        because: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'PolicyReplay' })

/** A bundle on record, without its content. */
export const versionSchema: z.ZodType<KeptBundle, KeptBundle> = z
  .object({ sha256, kept_by: z.string(), kept_at: moment, is_signed: z.boolean(), is_active: z.boolean() })
  .meta({ id: 'PolicyVersion' })

const activation = z.looseObject({ sha256, activated_at: moment, activated_by: z.string(), reason: z.string() })

/** What counts, and what it leaves. */
export const shownSchema = z
  .looseObject({
    active: activation.nullable(),
    levels: z.array(level),
    caps: z.looseObject({}).nullable(),
    closed: z.string().nullable().describe('Why nothing is allowed now; null: decisions are made.'),
    history: z.array(activation),
    files_differ: z.boolean().describe('The files of the installation say something else than what is active.'),
  })
  .meta({ id: 'PolicyShown' }) as unknown as z.ZodType<PolicyShown, PolicyShown>

/** A decision with the task of its run. */
export const recordedSchema: z.ZodType<RecordedDecision, RecordedDecision> = z
  .object({ decision: decisionSchema, task: taskSchema, created_at: moment })
  .meta({ id: 'RecordedDecision' })
