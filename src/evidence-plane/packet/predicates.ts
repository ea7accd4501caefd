import { z } from 'zod'
import { PACKET_SCHEMA, QUESTIONS } from '#domain/packet'
import { descriptorSchema } from './statement.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const object_id = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
const text = z.string()
const open = z.looseObject({})

const test = z.looseObject({ id: text, outcome: z.enum(['passed', 'failed', 'skipped', 'error']) })
const phase = z.looseObject({
  id: text,
  required: z.boolean(),
  outcome: z.enum(['passed', 'failed', 'timed_out', 'not_run']),
  tests: z.array(test),
})
const report = z.looseObject({
  profile: text,
  profile_version: text,
  tree: object_id,
  sandbox_fingerprint: text,
  outcome: z.enum(['passed', 'failed', 'unavailable']),
  phases: z.array(phase),
})

const evidence = z.looseObject({
  run_id: text,
  task: open.describe('The contract the run was held to.'),
  outcome: z.looseObject({ state: text, summary: text }),
  base: z.looseObject({ commit: object_id, tree: object_id, ref: text, repository: text }).nullable(),
  head: z.looseObject({ tree: object_id, commit: object_id.nullable(), branch: text.nullable() }).nullable(),
  change: z.looseObject({ patch_sha256: sha256.nullable() }),
  plan: open.nullable(),
  decisions: z.array(z.looseObject({ decision_id: text, action: text, answer: text, rules: z.array(text) })),
  steps: z.array(z.looseObject({ n: z.number(), kind: text, key: text, at: text, request_sha256: text })),
  reproduction: open.nullable(),
  verification: z.looseObject({ before: report.nullable(), after: report.nullable(), delta: open.nullable() }),
  verdicts: z.array(z.looseObject({ gate: text, answer: text, reason: text })),
  judgement: open.nullable(),
  costs: z.looseObject({ limits: open, use: open, unknown_calls: z.number() }),
  incidents: z.array(open),
  versions: z.record(text, text).describe('The twelve versions.'),
  artifacts: z.array(z.looseObject({ kind: text, name: text, sha256, bytes: z.number() })),
  started_at: text,
  sealed_at: text.optional(),
  campaign: text.nullable().optional(),
  network: z
    .looseObject({ profile: text, version: text, allowlist: z.array(text), ask: z.boolean() })
    .nullable()
    .optional(),
  effective_policy_sha256: text.nullable().optional(),
  allowed_models: z.array(text).optional(),
  profile: open.nullable().optional().describe('The verification profile, whole, so that it can be run again.'),
  approvals: z.array(z.looseObject({ id: text, kind: text, decision: text.nullable() })).optional(),
})

/** Gander's own predicate: ten answers in words, and everything on record that stands behind them. */
export const evidencePredicateSchema = z.strictObject({
  schema: z.literal(PACKET_SCHEMA),
  answers: z.record(z.enum(QUESTIONS), z.array(text)),
  evidence,
})

/** What of SLSA provenance v1 a packet has. */
export const provenanceSchema = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: text,
    externalParameters: z.looseObject({ contract: open }),
    resolvedDependencies: z.array(descriptorSchema),
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({ id: text }),
    metadata: z.looseObject({ invocationId: text }),
    byproducts: z.array(descriptorSchema),
  }),
})

/** The in-toto test result, v0.1. */
export const testResultSchema = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(descriptorSchema),
  passedTests: z.array(text),
  warnedTests: z.array(text),
  failedTests: z.array(text),
})
