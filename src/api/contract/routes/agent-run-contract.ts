import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { agentChoice } from '../task-resource.ts'
import { idempotent, line, route } from './route-shapes.ts'

/** A run asked for by a capability and a source, in the words of the platform's first sketch. */
export const agent_runs = {
  create: route
    .route({
      method: 'POST',
      path: '/v1/agent-runs',
      successStatus: 201,
      tags: ['tasks'],
      summary: 'Submit a run by capability and source',
      description: 'The source is read and becomes a task; `POST /v1/tasks` takes the task itself.',
    })
    .input(
      z.object({
        headers: idempotent,
        body: z.strictObject({
          capability: line(200),
          source: z.strictObject({ type: z.enum(['github_issue']), url: z.url({ protocol: /^https$/ }).max(2000) }),
          repository: line(2000),
          constraints: z.array(line(2000)).max(100).default([]),
          requested_by: line(300)
            .nullable()
            .default(null)
            .describe('Null: the caller. Somebody else only where a service asks for them.'),
          agent: agentChoice.nullable().default(null).describe("Null: the server's own choice."),
        }),
      }),
    )
    .output(
      z.object({
        run_id: identifier('run'),
        trace_id: z.string().describe('Names the run in traces and logs.'),
        status: z.string().describe("The run's state."),
      }),
    ),
}
