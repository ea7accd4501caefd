import type { Approval } from '#domain/approval'
import type { EventName, LedgerEvent } from '#domain/event'
import type { Json, JsonObject } from '#domain/json'
import type { ApprovalKind } from '#domain/risk'
import type { ListedArtifact, PolicyDecision, RunArtifact, StepRecord } from '#ports'
import { z } from 'zod'
import { identifier, moment, sha256, tenantIdentifier } from './identifiers.ts'

const json = z.json() as unknown as z.ZodType<Json, Json>
const jsonObject = z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject, JsonObject>

/** One numbered unit of a run's work, as it is on record. */
export const stepSchema: z.ZodType<StepRecord, StepRecord> = z
  .object({
    n: z.number().int(),
    key: z.string(),
    kind: z.enum([
      'transition',
      'model_call',
      'tool_call',
      'guest',
      'workspace',
      'verification',
      'gate',
      'context',
      'publication',
      'packet',
    ]),
    request_sha256: sha256,
    intent_at: moment,
    outcome: json.nullable(),
    outcome_at: moment.nullable(),
    tree: z.string().nullable(),
    cost_usd: z.number(),
  })
  .meta({ id: 'Step' })

/** One link of a tenant's chain. */
export const eventSchema: z.ZodType<LedgerEvent, LedgerEvent> = z
  .object({
    audit_id: identifier('event'),
    tenant_id: tenantIdentifier,
    seq: z.number().int(),
    run_id: identifier('run').nullable(),
    run_seq: z.number().int().nullable(),
    event: z.string() as unknown as z.ZodType<EventName, EventName>,
    actor_type: z.enum(['service', 'person', 'agent']),
    actor: z.string(),
    resource_type: z.string(),
    resource_id: z.string(),
    decision: z.enum(['allowed', 'denied', 'asked']).nullable(),
    decision_id: identifier('decision').nullable(),
    approval_id: z.string().nullable(),
    policy_version: z.string().nullable(),
    request_hash: z.string().nullable(),
    result_hash: z.string().nullable(),
    state: z.string().nullable(),
    facts: jsonObject,
    created_at: moment,
    previous_hash: sha256,
    hash: sha256,
  })
  .meta({ id: 'Event' })

/** Bytes that a run left, by their content. */
export const artifactSchema: z.ZodType<RunArtifact, RunArtifact> = z
  .object({
    kind: z.string(),
    name: z.string(),
    sha256,
    bytes: z.number().int(),
    data_class: z.enum(['public', 'internal', 'confidential', 'restricted']),
  })
  .meta({ id: 'Artifact' })

/** An artifact with the run that left it. */
export const listedArtifactSchema: z.ZodType<ListedArtifact, ListedArtifact> = z
  .object({
    run_id: identifier('run'),
    repository: z.string(),
    created_at: moment,
    kind: z.string(),
    name: z.string(),
    sha256,
    bytes: z.number().int(),
    data_class: z.enum(['public', 'internal', 'confidential', 'restricted']),
  })
  .meta({ id: 'ListedArtifact' })

const effect = z.enum(['allow', 'ask', 'deny'])

/** What policy answered, for exactly which arguments. */
export const decisionSchema: z.ZodType<PolicyDecision, PolicyDecision> = z
  .object({
    decision_id: identifier('decision'),
    run_id: identifier('run'),
    answer: effect,
    action: z.string(),
    args_hash: z.string(),
    requested: jsonObject,
    matched_rules: z.array(z.object({ policy: z.string(), rule: z.string(), effect })),
    explanation: z.string(),
    policy_version: z.string(),
  })
  .meta({ id: 'Decision' })

const approvalKind: z.ZodType<ApprovalKind, ApprovalKind> = z.enum([
  'reviewer',
  'code_owner',
  'domain_owner',
  'security_owner',
  'release_owner',
  'incident_commander',
])
/** What a run still needs, kind by kind, while people answer. */
export const approvalNeed = z.object({
  kind: approvalKind,
  quorum: z.number().int(),
  one_of_each: z
    .array(z.array(z.string()))
    .exactOptional()
    .describe('Sets of people, of each of which one must agree.'),
})
/** One person's yes. */
export const approvalVote = z.object({ person: z.string(), by: z.string(), serves: z.array(approvalKind) })
const requirement = approvalNeed.extend({
  approvers: z.array(z.string()),
  four_eyes: z.boolean(),
  why: z.string(),
  owners: z.array(z.string()).exactOptional().describe('Who may give it for owning what is changed.'),
  administrators_because: z
    .string()
    .exactOptional()
    .describe('Why platform administrators may give it too: those who should cannot.'),
})
const preview = z.object({
  files: z.number().int(),
  added_lines: z.number().int(),
  deleted_lines: z.number().int(),
  paths: z.array(z.string()).exactOptional(),
  gates: z.array(z.object({ gate: z.string(), answer: z.string(), reason: z.string() })),
  risk: z.object({ tier: z.string(), reasons: z.array(z.string()) }).nullable(),
  cost_usd: z.number(),
})

/** What a run asked a person for. */
export const approvalSchema: z.ZodType<Approval, Approval> = z
  .object({
    id: z.string(),
    kind: z.enum(['egress', 'leave', 'publication', 'checkpoint']),
    action: z.string(),
    subject: z.array(z.string()),
    fingerprint: z.string(),
    policy_version: z.string(),
    reason: z.string(),
    tree: z.string().exactOptional(),
    nonce: z.string().exactOptional(),
    requirements: z.array(requirement).exactOptional(),
    valid_minutes: z.number().exactOptional(),
    on_timeout: z.enum(['stop', 'continue']).exactOptional(),
    preview: preview.exactOptional(),
    escalated_from: z.object({ approval: z.string(), by: z.string(), at: moment }).exactOptional(),
    run_id: identifier('run'),
    requested_at: moment,
    expires_at: moment,
    decision: z.enum(['approved', 'rejected', 'changes_requested']).nullable(),
    decided_by: z.string().nullable(),
    decided_at: moment.nullable(),
    decision_reason: z.string().nullable(),
    votes: z.array(approvalVote).exactOptional(),
    used_at: moment.nullable().exactOptional(),
    revoked_at: moment.nullable().exactOptional(),
    revoked_by: z.string().nullable().exactOptional(),
    use_by: moment.nullable().exactOptional(),
    is_usable: z.boolean().exactOptional(),
  })
  .meta({ id: 'Approval' })
