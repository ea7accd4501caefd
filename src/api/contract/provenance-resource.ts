import { RUN_MODES } from '#domain/task'
import type { JsonObject } from '#domain/json'
import type { ChangeOrigin } from '#ports'
import { z } from 'zod'
import { identifier, moment } from './identifiers.ts'

const person = { name: z.string(), principal_id: z.string().nullable() }

/** Who caused a change: the six layers of identity. */
export const originSchema: z.ZodType<ChangeOrigin, ChangeOrigin> = z
  .object({
    run_id: identifier('run'),
    task_id: identifier('task'),
    state: z.string(),
    requester: z
      .object({
        ...person,
        request_id: z.string(),
        source: z.string(),
        source_url: z.string().nullable(),
        title: z.string(),
        requested_at: moment,
      })
      .describe('Who requested the work.'),
    agent: z
      .object({
        capability: z.string(),
        mode: z.enum(RUN_MODES),
        definition: z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject, JsonObject>,
        policy_versions: z.array(z.string()),
      })
      .describe('Which agent acted, under which capability and policy.'),
    runtime: z
      .object({
        workers: z.array(z.object({ worker: z.string(), fence: z.number().int(), at: moment })),
        sandboxes: z.array(z.object({ sandbox_id: z.string(), driver: z.string(), fingerprint: z.string() })),
      })
      .describe('Which workers and sandboxes the run had.'),
    tools: z
      .array(
        z.object({
          kind: z.enum(['tool', 'model']),
          name: z.string(),
          version: z.string().nullable(),
          calls: z.number().int(),
        }),
      )
      .describe('Which tools and models were called.'),
    credentials: z
      .array(z.object({ scope: z.string(), used_for: z.string() }))
      .describe('Which scoped credentials were used, by name.'),
    approvers: z
      .array(
        z.object({
          ...person,
          approval_id: z.string(),
          decision: z.string(),
          action: z.string(),
          reason: z.string().nullable(),
          decided_at: moment,
        }),
      )
      .describe('Who authorised what was gated.'),
    change: z.object({
      repository: z.string(),
      base_commit: z.string().nullable(),
      tree: z.string().nullable(),
      branch: z.string().nullable(),
      commit: z.string().nullable(),
      pull_request: z.string().nullable(),
      packet_sha256: z.string().nullable(),
    }),
  })
  .meta({ id: 'ChangeOrigin' })
