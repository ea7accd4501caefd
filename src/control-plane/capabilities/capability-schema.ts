import { CAPABILITY_ACTIONS, NEVER_ALLOWED, type CapabilityAction } from '#domain/capability'
import { CREDENTIAL_KINDS, EVIDENCE_KINDS, REQUEST_SOURCES } from '#domain/task'
import { z } from 'zod'

const ACTIONS = Object.keys(CAPABILITY_ACTIONS) as readonly CapabilityAction[]
const APPROVERS = [
  'human_required',
  'reviewer',
  'code_owner',
  'domain_owner',
  'security_owner',
  'release_owner',
  'incident_commander',
] as const
const END_STATES = ['completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled'] as const

const line = (most: number) => z.string().trim().min(1).max(most)
const pattern = line(500).refine((text) => !/\s/.test(text), 'must be one pattern without blanks')
const glob = pattern.refine(
  (text) => !text.startsWith('/') && !text.split('/').includes('..'),
  'must be relative to the repository, without `..`',
)
const action = z
  .string()
  .refine(
    (name) => !(NEVER_ALLOWED as readonly string[]).includes(name),
    'is an act that no capability can allow; it belongs to forbidden_actions',
  )
  .pipe(z.enum(ACTIONS))

const egress = z
  .strictObject({
    registries: z
      .boolean()
      .default(false)
      .describe('Setups may fetch from the registries of this machine. Absent: no.'),
    hosts: z.array(pattern).max(200).default([]).describe('Further hosts that may be opened. Absent or empty: none.'),
    ask: z.boolean().default(false).describe('A person may be asked to open one of these hosts. Absent: no.'),
  })
  .describe('The way out of setups. Absent: none.')

/** The file of a capability. What it leaves out is not allowed. */
export const CAPABILITY_SCHEMA = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/, 'must be words of a-z, 0-9 and _, joined by dots')
    .max(120)
    .describe('Name that tasks say.'),
  owner: line(200).describe('The team that answers for it.'),
  description: line(1000).describe('What it is for, in a sentence.'),
  allowed_inputs: z.array(z.enum(REQUEST_SOURCES)).min(1).describe('Where its tasks may come from.'),
  allowed_repositories: z
    .array(pattern)
    .min(1)
    .max(1000)
    .describe('Patterns of repository addresses, with `*` for any characters.'),
  allowed_paths: z
    .array(glob)
    .max(200)
    .default(['**'])
    .describe("Globs a changed path must match besides the task's scope. Absent: `**`; empty: none."),
  allowed_actions: z.array(action).min(1).describe('What its runs may do.'),
  forbidden_actions: z
    .array(z.enum([...ACTIONS, ...NEVER_ALLOWED]))
    .default([])
    .describe('What its runs must not do, said aloud; everything that is not allowed is forbidden anyway.'),
  max_autonomy_tier: z.int().min(0).max(5).default(2).describe('The highest tier of autonomy. Absent: 2.'),
  models: z
    .array(pattern)
    .max(200)
    .default([])
    .describe('Patterns of provider:model. Absent or empty: none, so only transforms may work under it.'),
  egress: egress.prefault({}),
  credentials: z.array(z.enum(CREDENTIAL_KINDS)).default([]).describe('What its runs may be lent. Absent: nothing.'),
  required_evidence: z
    .array(z.enum(EVIDENCE_KINDS))
    .default([])
    .describe('What must be on record before a run completes. Absent: what every run owes.'),
  approval: z
    .strictObject({
      open_pr: z.enum(['automatic', ...APPROVERS]).default('human_required'),
      merge_pr: z.enum(APPROVERS).default('human_required'),
      production_deploy: z.enum(APPROVERS).default('human_required'),
    })
    .prefault({})
    .describe('Who must agree. Absent: a person. Merging and deploying are never automatic.'),
  end_states: z
    .array(z.enum(END_STATES))
    .default([...END_STATES])
    .describe('How its runs may end. Absent: every way there is.'),
  evals: z
    .array(line(200))
    .max(100)
    .default([])
    .describe('Evaluations a version must pass before anything of it leaves. Absent: none.'),
})
