import picomatch from 'picomatch'
import { z } from 'zod'
import { CHECKS } from '#domain/verification'

const share = z.number().min(0).max(1)

const terms = {
  required: z.array(z.enum(CHECKS)).max(CHECKS.length).optional().describe('Checks that must run and pass.'),
  mutants: z.int().min(1).max(20).optional().describe('The least number of mutants of changed lines.'),
  kill_ratio: share.optional().describe('The least share of mutants that tests must kill; less fails the gate.'),
  coverage: share.optional().describe('The least share of changed lines that tests must reach; less fails the gate.'),
  minutes: z.int().min(1).max(30).optional().describe('The least time for what goes beyond the phases.'),
}

const glob = z
  .string()
  .min(1)
  .max(400)
  .refine(isGlob, 'must be a glob of repository paths such as src/pay/**, with at most 12 wildcards')

/** Asked for some changes only. */
const where = z
  .strictObject({
    paths: z.array(glob).min(1).max(50).optional().describe('Globs, one of which a changed path must match.'),
    task_classes: z
      .array(z.string().min(1).max(80))
      .min(1)
      .max(50)
      .optional()
      .describe('Capabilities such as dependency_upgrade, one of which the task must have; a last * is any ending.'),
    ...terms,
  })
  .refine(({ paths, task_classes }) => (paths ?? task_classes) !== undefined, 'needs paths or task_classes')

/** The `plan` of `.gander/verify.yaml`: it can only make the plan of the platform stricter. */
export const planSchema = z
  .strictObject({
    ...terms,
    where: z.array(where).max(50).optional().describe('More for changes of some paths or of some kinds of task.'),
  })
  .describe('What is asked of a verification besides the rules of the platform; less than those changes nothing.')

/** As policies read globs: what would be slow to match, or names everything else, is none. */
function isGlob(text: string): boolean {
  if (text.startsWith('!') || (text.match(/\*+|\?|\{/g)?.length ?? 0) > 12) return false
  try {
    return picomatch.makeRe(text) !== null
  } catch {
    return false
  }
}
