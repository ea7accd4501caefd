import { z } from 'zod'
import { someLimits } from '../budget-resource.ts'
import { identifier } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { runDetailsSchema, runOverviewSchema } from '../run-resource.ts'
import { submissionSchema } from '../submission-resource.ts'
import { taskSchema } from '../task-resource.ts'
import { idempotent, route } from './route-shapes.ts'

const ofTask = { params: z.object({ task_id: identifier('task') }) }

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
    .input(z.object(ofTask))
    .output(taskSchema),
  runs: route
    .route({ method: 'GET', path: '/v1/tasks/{task_id}/runs', tags: ['tasks'], summary: "A task's runs" })
    .input(z.object({ ...ofTask, query: pageQuery }))
    .output(pageOf(runOverviewSchema)),
  start: route
    .route({
      method: 'POST',
      path: '/v1/tasks/{task_id}/runs',
      successStatus: 201,
      tags: ['tasks'],
      summary: 'Start a task again',
      description:
        'From the same commit, where its last run ended without having completed; the new run has a task of its own.',
    })
    .input(z.object({ ...ofTask, body: z.strictObject({ added: someLimits.default({}) }) }))
    .output(runDetailsSchema),
}
