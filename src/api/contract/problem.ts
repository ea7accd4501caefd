import { z } from 'zod'

/** What went wrong, as RFC 9457 has it, with Gander's code and what to do next. */
export const problemSchema = z
  .object({
    type: z.string().describe('The page that explains the code.'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('What happened and why.'),
    code: z.string().describe('One of the error catalogue.'),
    remedy: z.string().describe('What a person can do next.'),
    retryable: z.boolean().describe('True when the same request may succeed later without anything being changed.'),
    problems: z.array(z.string()).optional().describe('Each wrong field with what is allowed there.'),
  })
  .meta({ id: 'Problem' })

export type Problem = z.infer<typeof problemSchema>
