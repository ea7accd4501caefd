import { DEFAULT_LIMITS } from '#domain/budget'
import { DEFAULT_SCOPE, RUN_MODES } from '#domain/task'
import { z } from 'zod'
import { someLimits } from './budget-resource.ts'
import { agentChoice, chosenProfile, gateAuthority } from './task-resource.ts'

const line = (most: number) => z.string().trim().min(1).max(most)
const lines = z.array(line(2000)).max(100).default([])

/** What is asked for. Everything but the repository, the words and who works may be left out. */
export const submissionSchema = z
  .strictObject({
    repository: line(2000).describe('Address of the git repository, or a path on the machine of the server.'),
    title: line(300),
    description: line(200_000).describe('What must be true afterwards, precisely enough that it can be tested.'),
    acceptance_criteria: lines,
    constraints: lines,
    deadline: z.string().max(40).nullable().default(null),
    attachments: lines,
    risk_hints: lines,
    expected_output: line(5000).nullable().default(null),
    owner: line(300).nullable().default(null),
    source: z.enum(['cli', 'task_file', 'issue_url', 'standard_input', 'demo', 'assistant', 'api']).default('api'),
    source_url: z.string().max(2000).nullable().default(null),
    base_ref: line(250).nullable().default(null).describe('Branch, tag or commit; null: the default branch.'),
    capability: line(120).exactOptional().describe('Id of the capability; absent: the one for bounded changes.'),
    mode: z.enum(RUN_MODES).default('draft_pr'),
    level: gateAuthority
      .exactOptional()
      .describe('Who decides when a gate says no, 1 to 4; absent: as the installation has it.'),
    scope: z
      .strictObject({
        allowed_paths: z
          .array(line(500))
          .max(200)
          .default([...DEFAULT_SCOPE.allowed_paths]),
        forbidden_paths: z
          .array(line(500))
          .max(200)
          .default([...DEFAULT_SCOPE.forbidden_paths]),
        max_changed_files: z.number().int().min(0).max(10_000).default(DEFAULT_SCOPE.max_changed_files),
        max_diff_lines: z.number().int().min(0).max(1_000_000).default(DEFAULT_SCOPE.max_diff_lines),
      })
      .prefault({}),
    agent: agentChoice,
    verification: chosenProfile.nullable().default(null),
    sandbox: chosenProfile.exactOptional(),
    policies: z
      .strictObject({ task: z.string().max(65_536).exactOptional(), run: z.string().max(65_536).exactOptional() })
      .exactOptional()
      .describe('Policies for this task or run, as YAML text; they can only take away.'),
    review: z
      .strictObject({
        head_ref: line(250).describe('What is proposed; `base_ref` is what it is compared with.'),
        compare: z
          .enum(['merge_base', 'trees'])
          .default('merge_base')
          .describe('From the commit that both come from, as a pull request is, or the two trees as they are.'),
        evidence: z.string().max(500_000).nullable().default(null).describe('A description in Markdown, or a packet.'),
        earlier: z
          .array(z.string().regex(/^[0-9a-f]{16}$/))
          .max(500)
          .default([])
          .describe('Fingerprints told before.'),
      })
      .exactOptional()
      .describe('A change that is there is reviewed, and none is made; the mode is analysis_only.'),
    limits: someLimits.default({}).transform((given) => ({ ...DEFAULT_LIMITS, ...given })),
  })
  .meta({ id: 'TaskSubmission' })
