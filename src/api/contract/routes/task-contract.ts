import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { runDetailsSchema } from '../run-resource.ts'
import { submissionSchema } from '../submission-resource.ts'
import { taskSchema } from '../task-resource.ts'
import { idempotent, route } from './route-shapes.ts'

/** Tasks. */
export const tasks = {
  submit: route
    .route({
      method: 'POST',
      path: '/v1/tasks',
      successStatus: 201,
      tags: ['tasks'],
      summary: 'Submit a code-change task',
    })
    .input(z.object({ headers: idempotent, body: submissionSchema }))
    .output(runDetailsSchema),
  list: route
    .route({ method: 'GET', path: '/v1/tasks', tags: ['tasks'], summary: 'List tasks, the newest first' })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(taskSchema)),
  get: route
    .route({ method: 'GET', path: '/v1/tasks/{task_id}', tags: ['tasks'], summary: 'Get a task' })
    .input(z.object({ params: z.object({ task_id: identifier('task') }) }))
    .output(taskSchema),
}
