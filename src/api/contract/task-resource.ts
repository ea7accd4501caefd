import type { RiskReading } from '#domain/risk'
import type { AgentChoice, AutonomyTerms, CapabilityGrant, PinnedSource, Task, TaskScope } from '#domain/task'
import { KNOWN_GUESTS, RUN_MODES } from '#domain/task'
import type { SandboxProfile } from '#domain/sandbox'
import type { WorkflowProfile } from '#domain/workflow'
import { z } from 'zod'
import { budgetLimits } from './budget-resource.ts'
import { identifier, moment, tenantIdentifier } from './identifiers.ts'

const model = z.object({
  provider: z.string(),
  model: z.string(),
  api: z.enum(['anthropic', 'openai-chat', 'openai-responses', 'google', 'recorded']),
  url: z.string().nullable(),
})
const argv = z.array(z.string()).min(1)

/** Who does the work. */
export const agentChoice: z.ZodType<AgentChoice, AgentChoice> = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('native'), model, fallback: model.nullable() }),
    z.object({
      kind: z.literal('guest'),
      model,
      guest: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('known'), id: z.enum(KNOWN_GUESTS) }),
        z.object({ kind: z.literal('acp'), argv }),
        z.object({ kind: z.literal('command'), argv }),
      ]),
    }),
    z.object({
      kind: z.literal('transform'),
      rule: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('ast_grep'), source: z.string(), name: z.string() }),
        z.object({ kind: z.literal('command'), argv }),
      ]),
    }),
  ])
  .meta({ id: 'AgentChoice' })

/** The boundary of a change. */
const taskScope = z
  .object({
    allowed_paths: z.array(z.string()).describe('Empty means every path that is not protected or forbidden.'),
    forbidden_paths: z.array(z.string()),
    writable_paths: z.array(z.array(z.string())).exactOptional(),
    read_only_paths: z.array(z.string()).exactOptional(),
    max_changed_files: z.number().int().min(0),
    max_diff_lines: z.number().int().min(0),
  })
  .meta({ id: 'TaskScope' }) satisfies z.ZodType<TaskScope>

/** A profile by its name, or by its text. */
export const chosenProfile = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('named'), id: z.string().max(100) }),
  z.object({ kind: z.literal('given'), source: z.string().max(200_000) }),
])

const source: z.ZodType<PinnedSource, PinnedSource> = z.object({
  repository: z.string(),
  ref: z.string(),
  commit: z.string(),
  tree: z.string(),
  base_branch: z.string(),
  uncommitted: z.array(z.string()),
})

/** Who decides when a gate says no. */
export const gateAuthority = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])

/** The contract a run is held to. */
export const taskSchema: z.ZodType<Task, Task> = z
  .object({
    id: identifier('task'),
    tenant_id: tenantIdentifier,
    request_id: identifier('request'),
    repository: z.string(),
    base_ref: z.string().nullable(),
    source: source.exactOptional(),
    title: z.string(),
    objective: z.string(),
    scope: taskScope,
    success_criteria: z.array(z.object({ text: z.string(), origin: z.enum(['stated', 'derived']) })),
    constraints: z.array(z.string()),
    capability: z.string(),
    mode: z.enum(RUN_MODES),
    agent: agentChoice,
    verification: chosenProfile.nullable(),
    limits: budgetLimits,
    workflow: z.custom<WorkflowProfile>().exactOptional().meta({ type: 'object' }),
    grant: z.custom<CapabilityGrant>().exactOptional().meta({ type: 'object' }),
    agreement: z.custom<NonNullable<Task['agreement']>>().exactOptional().meta({ type: 'object' }),
    risk: z.custom<RiskReading>().exactOptional().meta({ type: 'object' }),
    autonomy: z.custom<AutonomyTerms>().exactOptional().meta({ type: 'object' }),
    sandbox: z.custom<SandboxProfile>().exactOptional().meta({ type: 'object' }),
    review: z.custom<NonNullable<Task['review']>>().exactOptional().meta({ type: 'object' }),
    deadline: moment.nullable(),
    attachments: z.array(z.string()),
    risk_hints: z.array(z.string()),
    expected_output: z.string().nullable(),
    owner: z.string().nullable(),
    requester: z.string(),
    trust: z.enum(['operator', 'merged', 'member', 'outsider', 'unknown', 'tool_output']),
    is_fix: z.boolean(),
  })
  .meta({ id: 'Task' })
