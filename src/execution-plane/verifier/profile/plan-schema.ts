import { z } from 'zod'
import { CHECKS } from '#domain/verification'

const share = z.number().min(0).max(1)

/** The `plan` of `.gander/verify.yaml`: it can only make the plan of the platform stricter. */
export const planSchema = z
  .strictObject({
    required: z.array(z.enum(CHECKS)).max(CHECKS.length).optional().describe('Checks that must run and pass.'),
    mutants: z.int().min(1).max(20).optional().describe('The least number of mutants of changed lines.'),
    kill_ratio: share.optional().describe('The least share of mutants that tests must kill; less fails the gate.'),
    coverage: share.optional().describe('The least share of changed lines that tests must reach; less fails the gate.'),
    minutes: z.int().min(1).max(30).optional().describe('The least time for what goes beyond the phases.'),
  })
  .describe('What is asked of a verification besides the rules of the platform; less than those changes nothing.')
