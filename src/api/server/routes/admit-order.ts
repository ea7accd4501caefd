import { GanderError } from '#domain/failure'
import type { AgentChoice, RunMode } from '#domain/task'
import { refusedParts } from '../admission.ts'
import { authoriseFor, type ApiContext } from '../api-context.ts'

/** Lets pass an order that names nothing of the server which is not open. @throws GanderError `order_not_admitted` */
export function admitOrder(
  { parts }: ApiContext,
  order: { readonly repository: string; readonly agent: AgentChoice },
): void {
  const problems = refusedParts(order, parts.admission)
  if (problems.length === 0) return
  throw new GanderError('order_not_admitted', `The server does not take this order: ${problems.join('; ')}.`, {
    facts: { problems: [...problems] },
  })
}

/** Lets pass who may order such a run, of this repository. @throws GanderError `forbidden` */
export const authoriseOrder = (
  context: ApiContext,
  order: {
    readonly repository: string
    readonly mode?: RunMode | undefined
    readonly capability?: string | undefined
    readonly level?: number | undefined
  },
): Promise<void> =>
  authoriseFor(context, 'task.submit', order.repository, {
    ...(order.mode !== undefined && { 'run.mode': order.mode }),
    ...(order.capability !== undefined && { 'run.capability': order.capability }),
    ...(order.level !== undefined && { 'run.level': order.level }),
  })
