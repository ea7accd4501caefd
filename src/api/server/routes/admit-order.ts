import { GanderError } from '#domain/failure'
import type { AgentChoice } from '#domain/task'
import { refusedParts } from '../admission.ts'
import type { ApiContext } from '../api-context.ts'

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
