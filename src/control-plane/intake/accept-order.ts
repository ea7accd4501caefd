import { DEFAULT_CAPABILITY } from '#control-plane/capabilities'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { ok, refuse, type Result } from '#domain/result'
import { neutralise } from '#domain/text'
import { assessRequest, type Request, type Task, type Trust } from '#domain/task'
import type { Identifiers, RunOrder } from '#ports'

/** Why an order was not accepted; `missing` is what a person has to add or correct. */
export interface OrderRefusal {
  readonly code: 'task_unclear' | 'task_invalid'
  readonly message: string
  readonly missing: readonly string[]
}

/** The request as it was said, and the contract made from it. */
export interface AcceptedOrder {
  readonly request: Request
  readonly task: Task
}

const UNKNOWN_AUTHORS: ReadonlySet<Request['source']> = new Set(['issue_url', 'assistant'])

/**
 * Makes the contract of an order, or says what is missing. The words must have gone through the redactor before. What a
 * person would not see in them (zero-width, tag and direction characters) is made visible: an instruction has no hidden part.
 * Who stands behind the words is decided here: an issue fetched from a forge was written by somebody unknown, and so
 * was what an assistant hands in, which may have read anything before it did.
 */
export function acceptOrder(
  given: RunOrder,
  identifiers: Identifiers,
  tenant_id: TenantId = LOCAL_TENANT,
): Result<AcceptedOrder, OrderRefusal> {
  const order: RunOrder = { ...given, words: visible(given.words) }
  const wrong = impossible(order)
  if (wrong.length > 0)
    return refuse({ code: 'task_invalid', message: sentence('The task is invalid', wrong), missing: wrong })
  const assessment = assessRequest(order.words)
  if (assessment.verdict === 'refused') {
    const message = sentence('The task does not say enough to work on. Missing', assessment.missing)
    return refuse({ code: 'task_unclear', message, missing: assessment.missing })
  }
  const trust: Trust = UNKNOWN_AUTHORS.has(order.words.source) ? 'unknown' : 'operator'
  const { words, requester } = order
  const request: Request = { ...words, id: identifiers.make('request'), tenant_id, requester, trust }
  const title = words.title.trim()
  return ok({
    request,
    task: {
      id: identifiers.make('task'),
      tenant_id,
      request_id: request.id,
      repository: words.repository,
      base_ref: order.base_ref,
      title,
      objective: words.description.trim() === '' ? title : words.description.trim(),
      scope: order.scope,
      success_criteria: assessment.criteria,
      constraints: words.constraints,
      capability: order.capability ?? DEFAULT_CAPABILITY,
      mode: order.mode,
      agent: order.agent,
      verification: order.verification,
      limits: order.limits,
      ...(order.policies === undefined ? {} : { policies: order.policies }),
      deadline: words.deadline,
      attachments: words.attachments,
      risk_hints: words.risk_hints,
      expected_output: words.expected_output,
      owner: words.owner,
      requester,
      trust,
      is_fix: assessment.is_fix,
    },
  })
}

const sentence = (start: string, parts: readonly string[]) => `${start}: ${parts.join('; ')}.`

function impossible(order: RunOrder): readonly string[] {
  const wrong: string[] = []
  if (order.words.repository.trim() === '') wrong.push('no repository is named')
  for (const [name, limit] of Object.entries(order.limits))
    if (typeof limit !== 'number' || !Number.isFinite(limit) || limit < 0) wrong.push(`${name} must be 0 or more`)
  for (const name of ['max_changed_files', 'max_diff_lines'] as const)
    if (!Number.isInteger(order.scope[name]) || order.scope[name] < 0) wrong.push(`scope.${name} must be 0 or more`)
  for (const pattern of [...order.scope.allowed_paths, ...order.scope.forbidden_paths])
    if (pattern === '' || pattern.startsWith('/') || pattern.split('/').includes('..'))
      wrong.push(`the path pattern ${JSON.stringify(pattern)} must be relative to the repository, without ..`)
  if (order.agent.kind === 'transform' && order.agent.rule.kind === 'command' && order.agent.rule.argv.length === 0)
    wrong.push('the command to run is empty')
  if (order.review !== undefined && order.mode !== 'analysis_only')
    wrong.push('a review changes nothing, so its mode must be analysis_only')
  return wrong
}

function visible(words: RunOrder['words']): RunOrder['words'] {
  const all = (texts: readonly string[]) => texts.map(neutralise)
  return {
    ...words,
    title: neutralise(words.title),
    description: neutralise(words.description),
    acceptance_criteria: all(words.acceptance_criteria),
    constraints: all(words.constraints),
    risk_hints: all(words.risk_hints),
    expected_output: words.expected_output === null ? null : neutralise(words.expected_output),
  }
}
