import { PHASE_KINDS } from '#domain/verification'
import { z } from 'zod'
import { planSchema } from './plan-schema.ts'

const seconds = z.int().min(1).max(3_600)
const relative = z
  .string()
  .min(1)
  .max(400)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must be a path inside the repository')

const part = (said: string) =>
  z
    .strictObject({
      command: z
        .array(z.string().max(4_000))
        .min(1)
        .max(200)
        .describe('As `command`; a word with `{target}` stands once for each target, `{targets}` is all with commas.'),
      by: z
        .enum(['path', 'go_package', 'java_class'])
        .default('path')
        .describe('What stands for a file: its path, its folder as a Go package, or its class. Absent means path.'),
      extensions: z
        .array(z.string().regex(/^\.[\w.]{1,20}$/, 'must be an ending such as .py'))
        .min(1)
        .max(20)
        .describe('Endings of the files that can be told; others are left out.'),
    })
    .optional()
    .describe(said)

const phase = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,40}$/, 'must be lower-case words joined by _ or -')
      .describe('Name of the phase, unique in the profile.'),
    kind: z
      .enum(PHASE_KINDS)
      .optional()
      .describe('What the phase tells. Absent: read from the id (lint, types, build …), else all_tests.'),
    command: z
      .array(z.string().max(4_000))
      .min(1)
      .max(200)
      .describe('Program and arguments, run without a shell. Use ["sh", "-c", "…"] where a shell is needed.'),
    cwd: relative.optional().describe('Folder below the repository root; absent means the root.'),
    env: z
      .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(4_000))
      .optional()
      .describe('Added to the environment; absent adds nothing.'),
    required: z.boolean().default(true).describe('False: a failure is a warning. Absent means true.'),
    timeout_seconds: seconds.default(600).describe('The phase is stopped after this time. Absent means 600.'),
    results: z
      .strictObject({
        format: z.enum(['junit', 'tap', 'jest_json', 'unittest_text', 'go_json', 'cargo_text']),
        path: z
          .union([z.literal('-'), relative, z.string().regex(/^\{results\}[\w.-]*$/)])
          .describe(
            'File or glob below the root, `{results}.EXT` for a fresh name put into the command, `-` for the output.',
          ),
      })
      .optional()
      .describe('Where results by test are read; absent: the exit code alone decides.'),
    tool: z
      .array(z.string().max(4_000))
      .min(1)
      .max(20)
      .optional()
      .describe('A command that fails where the tool is not installed: the phase is then not run, with that reason.'),
    focus: part('How some test files are run alone. Absent: the phase only runs whole.'),
    module: part('How the tests of the modules of some files are run. Absent: the phase only runs whole.'),
  })
  .describe('One command.')

/** The schema of `.gander/verify.yaml` and of profiles given by an operator. */
export const profileSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,60}$/, 'must be lower-case words joined by -')
      .default('repository'),
    ecosystem: z.enum(['node', 'python', 'java', 'go', 'rust', 'command']).default('command'),
    setup: z.array(phase).max(20).optional().describe('Run once, with a way out to registry_hosts; absent: nothing.'),
    registry_hosts: z
      .array(
        z
          .string()
          .regex(/^(?!\d+(\.\d+){3}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a host name such as registry.example.org'),
      )
      .max(20)
      .default([])
      .describe('Hosts that setup may reach on port 443; absent or empty means none.'),
    repeats: z
      .int()
      .min(3)
      .max(10)
      .optional()
      .describe('How often a new test, or one that fails, is run in all before it is believed. Absent means 3.'),
    plan: planSchema.optional(),
    phases: z.array(phase).min(1, 'needs at least one phase').max(20),
  })
  .describe('What proves a change in one repository.')

export type ProfileDocument = z.infer<typeof profileSchema>
export type PhaseDocument = z.infer<typeof phase>
