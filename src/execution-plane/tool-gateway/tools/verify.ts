import { z } from 'zod'
import { defineTool, prepared } from '../tool.ts'

/** Runs the task's verification on the tree as it is; the run itself records the report. */
export const verify = defineTool({
  name: 'verify',
  version: '1.0.0',
  description: "Run the project's checks on the tree as it is, in a clean sandbox.",
  schema: z.strictObject({}),
  // A profile has several phases with limits of their own; this one only ends what hangs.
  timeout_ms: 60 * 60_000,
  calls_per_minute: 30,
  prepare: async (_args, { host }) =>
    prepared({
      paths: [],
      act: async () => {
        const { text } = await host.verify()
        host.signal.throwIfAborted()
        return { text }
      },
    }),
})
