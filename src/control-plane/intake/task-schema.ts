import { RUN_MODES } from '#domain/task'
import { z } from 'zod'

const line = (most: number) => z.string().trim().min(1, 'must not be empty').max(most)
const lines = (what: string) => z.array(line(2000)).max(100).describe(what)
const glob = line(500).refine(
  (pattern) => !pattern.startsWith('/') && !pattern.split('/').includes('..'),
  'must be relative to the repository, without `..`',
)
const count = (what: string, most: number) => z.int().min(0).max(most).describe(what)

const scope = z
  .strictObject({
    allowed_paths: z
      .array(glob)
      .max(200)
      .describe('Globs the change may touch. Absent or empty: every path that is not protected or forbidden.'),
    forbidden_paths: z.array(glob).max(200).describe('Globs the change must not touch; they win over allowed_paths.'),
    max_changed_files: count('Most files the change may touch; absent: 20; 0: none.', 10_000),
    max_diff_lines: count('Most added and deleted lines; absent: 800; 0: none.', 1_000_000),
  })
  .partial()
  .describe('Boundary of the change.')

const limits = z
  .strictObject({
    max_cost_usd: z.number().min(0).max(100_000).describe('US dollars for model calls; absent: 5; 0: none.'),
    max_minutes: z.number().min(0).max(100_000).describe('Minutes of work; absent: 60; 0: none.'),
    max_steps: count('Model and tool calls; absent: 80; 0: none.', 1_000_000),
    max_tokens: count('Tokens in and out; absent: 4000000; 0: none.', 1_000_000_000),
    max_repairs: count('Repair rounds after a failed verification; absent: 3; 0: none.', 100),
  })
  .partial()
  .describe('The most a run may use. 0 means none, never unlimited.')

const deadline = line(40)
  .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), {
    message: 'must be a date such as 2027-03-31 or a time such as 2027-03-31T17:00:00Z',
  })
  .describe('When the change is wanted, as a date or an RFC 3339 time. It is shown, not enforced.')

const fields = {
  repository: line(2000).describe('Path or address of the git repository. Absent: given with --repo.'),
  base_ref: line(250).describe('Branch, tag or commit to start from. Absent: the default branch.'),
  title: line(300).describe("One line for lists and the pull request. Absent: the objective's first sentence."),
  objective: line(20_000).describe('What must be true afterwards, precisely enough that it can be tested.'),
  description: line(200_000).describe(
    'What else is worth knowing: how to see the problem, where it is, why it matters.',
  ),
  scope,
  success_criteria: lines('What must be true afterwards, one testable sentence each. Absent: derived and shown.'),
  constraints: lines('What must stay as it is, or must not be done.'),
  capability: line(120).describe(
    'Id of the capability it runs under; `gander capability list` shows them. Absent: autonomous_issue_resolver.bounded_change.',
  ),
  verification_profile: line(500).describe(
    'Id of a profile, or path of a profile file. Absent: found from the repository.',
  ),
  sandbox_profile: line(500).describe(
    'Name of a sandbox profile below GANDER_HOME/sandbox-profiles, or path of a profile file. Absent: the default one.',
  ),
  policy: z
    .string()
    .max(65_536)
    .describe(
      'A policy for this task, as YAML text; it can only take away. Absent: the other levels are all there is.',
    ),
  autonomy_level: z.enum(RUN_MODES).describe('What the run may do, from least to most. Absent: draft_pr.'),
  gate_authority: z
    .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])
    .describe('Who decides when a gate says no: 1 a person after each phase to 4 the gates. Absent: 3.'),
  pr_mode: z.enum(['draft', 'none']).describe('`draft` needs autonomy_level draft_pr; `none` keeps the change local.'),
  limits,
  deadline,
  attachments: lines('Paths or addresses of material that belongs to the task.'),
  risk_hints: lines('What the author knows to be risky about the change.'),
  expected_output: line(5000).describe('What the author expects to get, in their words.'),
  owner: line(300).describe('Who answers for the change and reviews it.'),
}

/** A task file, in snake_case. Everything but the objective may be left out. */
export const TASK_SCHEMA = z.strictObject(fields).partial().required({ objective: true })

/**
 * The front matter of an issue: the same fields, none required; the issue's own words say the objective, and what its
 * run may do is said by whoever starts it.
 */
export const FRONT_MATTER_SCHEMA = z
  .strictObject(fields)
  .omit({
    objective: true,
    description: true,
    gate_authority: true,
    sandbox_profile: true,
    capability: true,
    policy: true,
  })
  .partial()

/** What front matter gives. */
export type FrontMatter = z.infer<typeof FRONT_MATTER_SCHEMA>

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The JSON Schema of a task file for editors; each field also under its camelCase name. */
export function taskJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(TASK_SCHEMA, { io: 'input' })
  const described = withCamelCase(schema)
  return {
    $schema,
    $id: 'task.schema.json',
    title: 'Gander task',
    description: 'A task for `gander run --task FILE`, as YAML or JSON. Fields are snake_case; camelCase is read too.',
    ...described,
  }
}

function withCamelCase(schema: object): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const [name, field] of Object.entries('properties' in schema ? (schema.properties ?? {}) : {})) {
    const described =
      typeof field === 'object' && field !== null && 'properties' in field ? withCamelCase(field) : field
    properties[name] = described
    if (camel(name) !== name) properties[camel(name)] = described
  }
  return { ...schema, properties }
}
