import type { ApprovalAnswer } from '#domain/approval'
import { isGanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { RunView } from '#ports'
import { api, authoriseFor, platformOf, type ApiContext } from '../api-context.ts'
import { existingRun } from './existing-run.ts'
import { runDetails } from './run-details.ts'

/** The caller's answer to what a run asks; which permission it takes depends on what is asked. */
async function answered(
  context: ApiContext,
  run_id: RunId,
  answer: Omit<ApprovalAnswer, 'by' | 'principal_id'>,
): Promise<RunView> {
  const { run, task } = await existingRun(context, run_id)
  const asked = (await context.parts.queries.approvals(run.tenant_id, run.id)).at(-1)
  const permission = asked?.kind === 'checkpoint' ? 'checkpoint.answer' : 'approval.decide'
  await authoriseFor(context, permission, task.repository)
  const { name, id } = context.caller
  return platformOf(context).decideApproval(run.id, { ...answer, by: name, principal_id: id }, {})
}

/** One of several: what stands against it is its own, and the next one is taken all the same. */
async function outcomeOf(
  context: ApiContext,
  { run_id, ...answer }: { readonly run_id: RunId } & Omit<ApprovalAnswer, 'by' | 'principal_id'>,
) {
  try {
    const { run } = await answered(context, run_id, answer)
    return { run_id, result: 'taken', state: run.state, code: null, detail: null } as const
  } catch (error) {
    if (!isGanderError(error) || error.code === 'internal') throw error
    return { run_id, result: 'refused', state: null, code: error.code, detail: error.message } as const
  }
}

/** Answers of people to what runs wait for. */
export const answerRoutes = {
  decide: api.runs.decide.handler(async ({ input, context }) =>
    runDetails(await answered(context, input.params.run_id, input.body)),
  ),
  decide_many: api.runs.decide_many.handler(async ({ input, context }) => {
    const items: Awaited<ReturnType<typeof outcomeOf>>[] = []
    for (const answer of input.body.answers) items.push(await outcomeOf(context, answer))
    return { items }
  }),
}
