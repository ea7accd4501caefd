import { z } from 'zod'
import { SPEND_SCOPES } from '#domain/policy'
import { RUN_MODES } from '#domain/task'
import { CHECKS } from '#domain/verification'

/** Limits that hold before anything is compiled: a policy must not be able to stop the platform. */
export const POLICY_LIMITS = { bytes: 131_072, rules: 1_000, bundle_rules: 2_000, globs: 200, text: 400, wildcards: 12 }

const APPROVAL_KINDS = [
  'reviewer',
  'code_owner',
  'domain_owner',
  'security_owner',
  'release_owner',
  'incident_commander',
] as const

const text = z.string().min(1).max(POLICY_LIMITS.text)
const texts = z.array(text).max(POLICY_LIMITS.globs)
const rule = z.string().regex(/^[a-z][a-z0-9_.-]{0,79}$/, 'must be a name in lower case, such as production_config')
const said = { rule: rule.optional(), why: text.optional() }
const count = z.number().int().min(0)

/** A rule may be written as the one thing that it names. */
const shortFor = <Shape extends z.ZodRawShape>(field: 'paths' | 'names', shape: Shape) =>
  z.preprocess((value) => (typeof value === 'string' ? { [field]: [value] } : value), z.strictObject(shape))

const pathRule = shortFor('paths', { ...said, paths: texts.min(1), except: texts.optional() })
const nameRule = shortFor('names', { ...said, names: texts.min(1) })
const closedOrAsked = <Rule extends z.ZodType>(one: Rule) =>
  z.strictObject({ denied: z.array(one).optional(), asked: z.array(one).optional() })
const names = closedOrAsked(nameRule)
const onlyDenied = z.strictObject({ denied: z.array(nameRule).optional() })

const approval = z.strictObject({
  ...said,
  kinds: z.array(z.enum(APPROVAL_KINDS)).min(1),
  quorum: z.number().int().min(1).max(10).optional(),
  paths: texts.optional(),
  change_classes: texts.optional(),
  actions: texts.optional(),
  domains: texts.optional(),
})

const share = z.number().min(0).max(1)
const verification = z.strictObject({
  ...said,
  paths: texts.optional(),
  task_classes: texts.optional(),
  repositories: texts.optional(),
  plan: z.strictObject({
    required: z.array(z.enum(CHECKS)).max(CHECKS.length).optional(),
    mutants: z.number().int().min(1).max(20).optional(),
    kill_ratio: share.optional(),
    coverage: share.optional(),
    minutes: z.number().int().min(1).max(30).optional(),
  }),
})

const runBudget = z.strictObject({
  max_cost_usd: z.number().min(0).optional(),
  max_minutes: z.number().min(0).optional(),
  max_steps: count.optional(),
  max_tokens: count.optional(),
  max_repairs: count.optional(),
})
const spendCap = z.strictObject({
  max_cost_usd: z.number().min(0).optional(),
  max_tokens: count.optional(),
  max_runs: count.optional(),
  max_pull_requests: count.optional(),
})

const host = z
  .string()
  .regex(/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'must be a host name in lower case')
const hosts = z.array(host).max(POLICY_LIMITS.globs)

/** The YAML of one level. Every field may be absent: then the level says nothing about it. */
export const policySchema = z.strictObject({
  version: z.literal(1).optional(),
  /** Bundle's end; platform and organisation only. */
  expires: z.iso.datetime({ offset: true, error: 'must be a moment such as 2030-01-31T00:00:00Z' }).optional(),
  applies_to: texts.optional(),
  max_mode: z.enum(RUN_MODES as readonly [string, ...string[]]).optional(),
  max_autonomy_tier: z.number().int().min(0).max(5).optional(),
  max_autonomy_level: z.number().int().min(1).max(4).optional(),
  paths: closedOrAsked(pathRule).optional(),
  actions: names.optional(),
  tools: names.optional(),
  commands: names.optional(),
  change_classes: names.optional(),
  capabilities: onlyDenied.optional(),
  egress: z
    .strictObject({ allowed_hosts: hosts.optional(), denied_hosts: hosts.optional(), ask: z.literal(false).optional() })
    .optional(),
  required_verifiers: texts.optional(),
  /** A stricter plan of verification, for some paths, kinds of task or repositories, or for all. */
  verification: z.array(verification).max(200).optional(),
  approvals: z.array(approval).optional(),
  budgets: z
    .strictObject({
      run: runBudget.optional(),
      ...Object.fromEntries(SPEND_SCOPES.map((scope) => [scope, spendCap.optional()])),
    })
    .optional(),
  sensitive_domains: texts.optional(),
  /** What holds for calls of one tool alone, by its name: the narrowest level. */
  tool_calls: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a tool, such as shell_exec'),
      z.strictObject({
        paths: closedOrAsked(pathRule).optional(),
        commands: names.optional(),
        change_classes: names.optional(),
        cedar: z.string().max(POLICY_LIMITS.bytes).optional(),
      }),
    )
    .optional(),
  /** Cedar text for what the fields above don't say. */
  cedar: z.string().max(POLICY_LIMITS.bytes).optional(),
})

/** What the schema reads. */
export type PolicyWords = z.infer<typeof policySchema>
