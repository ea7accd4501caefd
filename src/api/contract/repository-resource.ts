import { AGREED_DATA, AGREED_RUNTIMES, RUN_MODES } from '#domain/task'
import { NAMED_PROFILES } from '#domain/verification'
import type { RepositoryRecord } from '#ports'
import { z } from 'zod'
import { moment } from './identifiers.ts'

const text = z.string().trim().min(1).max(500)
const RISKS = ['low', 'medium', 'high', 'critical'] as const

/** What is agreed for a repository; what is left out stays as it is. */
export const agreementSchema = z
  .strictObject({
    owner_team: text.nullable().exactOptional(),
    risk_tier: z.enum(RISKS).nullable().exactOptional(),
    allowed_task_classes: z
      .array(text)
      .max(200)
      .nullable()
      .exactOptional()
      .describe('Capabilities that may work there; null: every one, empty: none.'),
    forbidden_paths: z.array(text).max(500).exactOptional().describe('Globs that no task may change.'),
    verifier_profile: text
      .refine((name) => NAMED_PROFILES.some((known) => known === name), {
        error: `there is no such profile; the names are ${NAMED_PROFILES.join(', ')}`,
      })
      .nullable()
      .exactOptional()
      .describe('What proves every change there; null: what is found in it, or a run names.'),
    instructions_file: text.nullable().exactOptional(),
    required_reviewers: z.array(text).max(100).exactOptional(),
    autonomy_max: z.enum(RUN_MODES).nullable().exactOptional().describe('The furthest a run may reach there.'),
    domains: z.array(text).max(50).exactOptional().describe('Business domains, such as `billing`.'),
    runtime: z.enum(AGREED_RUNTIMES).nullable().exactOptional().describe('Where it runs; null: nobody said.'),
    data_classes: z.array(z.enum(AGREED_DATA)).max(10).exactOptional().describe('What data it handles.'),
    coverage: z.number().min(0).max(1).nullable().exactOptional().describe('Share of lines that tests reach.'),
  })
  .meta({ id: 'RepositoryAgreement' })

/** An onboarded repository as it is on record. */
export const repositorySchema: z.ZodType<RepositoryRecord, RepositoryRecord> = z
  .object({
    repository: z.string(),
    owner_team: z.string().nullable(),
    risk_tier: z.enum(RISKS).nullable(),
    allowed_task_classes: z.array(z.string()).nullable(),
    forbidden_paths: z.array(z.string()),
    verifier_profile: z.string().nullable(),
    instructions_file: z.string().nullable(),
    required_reviewers: z.array(z.string()),
    autonomy_max: z.enum(RUN_MODES).nullable(),
    domains: z.array(z.string()),
    runtime: z.enum(AGREED_RUNTIMES).nullable(),
    data_classes: z.array(z.enum(AGREED_DATA)),
    coverage: z.number().nullable(),
    version: z.number().int().describe('Grows with each change.'),
    changed_by: z.string(),
    changed_at: moment,
  })
  .meta({ id: 'Repository' })
