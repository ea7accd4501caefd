import { z } from 'zod'
import { plainText } from '../excerpt.ts'
import { defineTool, prepared } from '../tool.ts'

const text = z.string().min(1).max(8000).transform(plainText)

/** Ends the turn: the agent thinks that its work is done. */
export const finish = defineTool({
  name: 'finish',
  version: '1.0.0',
  description: 'The work is done; the platform verifies it.',
  schema: z.strictObject({ summary: text }),
  prepare: async ({ summary }, context) =>
    prepared({
      paths: [],
      act: async () => ({
        text: 'The turn is over; the platform verifies the tree.',
        control: { kind: 'finish', summary: await context.redact(summary) },
      }),
    }),
})

/** Ends the turn: the agent can't go on without a person. */
export const reportBlocked = defineTool({
  name: 'report_blocked',
  version: '1.0.0',
  description: 'Stop: the task cannot be done without a person.',
  schema: z.strictObject({ reason: text, needs: text }),
  prepare: async ({ reason, needs }, context) =>
    prepared({
      paths: [],
      act: async () => ({
        text: 'The turn is over; a person will read this.',
        control: { kind: 'blocked', reason: await context.redact(reason), needs: await context.redact(needs) },
      }),
    }),
})
