import { GANDER_ERRORS, isGanderError, type ErrorCode } from '#domain/failure'
import { ORPCError } from '@orpc/server'
import { ValidationError } from '@orpc/contract'
import type { Problem } from '#api/contract'
import type { FastifyReply } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'

const STATUS: Partial<Record<ErrorCode, number>> = {
  cursor_invalid: 400,
  forbidden: 403,
  idempotency_conflict: 409,
  order_not_admitted: 422,
  principal_exists: 409,
  principal_not_found: 404,
  approval_not_yours: 403,
  capability_unknown: 404,
  capability_disabled: 409,
  not_offered: 404,
  policy_not_found: 404,
  memory_not_found: 404,
  memory_changed: 409,
  memory_flagged: 409,
  memory_full: 409,
  rollout_criteria_unmet: 409,
  tenant_not_found: 404,
  repository_not_agreed: 409,
  repository_not_onboarded: 404,
  resource_changed: 412,
  retention_rules_invalid: 503,
  server_busy: 503,
  sign_in_refused: 401,
  sign_in_unavailable: 503,
  not_let_in: 403,
  run_not_found: 404,
  run_not_in_state: 409,
  storage_full: 507,
  internal: 500,
}

/** Where the codes are explained. */
const PAGE = '/docs/errors'

/** The problem of anything that was thrown; what is not foreseen says nothing of the inside. */
function problemOf(error: unknown): Problem {
  if (isGanderError(error)) {
    const status = STATUS[error.code] ?? (GANDER_ERRORS[error.code].exit === 2 ? 422 : 503)
    const { code, remedy, retryable } = error
    return described(status, code, error.message, { remedy, retryable, problems: listOf(error.facts['problems']) })
  }
  if (error instanceof ORPCError && error.cause instanceof ValidationError && error.status === 400)
    return described(422, 'request_invalid', 'The request does not fit the contract.', {
      remedy: 'Correct the named fields; the contract is /openapi.json.',
      problems: error.cause.issues.map(({ path, message }) => `${fieldOf(path)}: ${message}`),
    })
  if (error instanceof ORPCError && error.status < 500)
    return described(error.status, error.code.toLowerCase(), error.message, { remedy: 'See /docs.' })
  const refused = refusalOfServer(error)
  if (refused !== undefined) return refused
  return described(500, 'internal', 'The server could not answer.', { remedy: GANDER_ERRORS.internal.remedy })
}

/** What the HTTP server itself turns away: a body that is too large, of an unknown type or not what its length says. */
function refusalOfServer(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined
  const status = error.statusCode
  if (status < 400 || status >= 500) return undefined
  const code = status === 413 ? 'body_too_large' : status === 415 ? 'media_type_unsupported' : 'request_invalid'
  return described(status, code, `The request is not taken: ${error.message}.`, {
    remedy: 'Send JSON of at most 1 MB as `Content-Type: application/json`.',
  })
}

/** Why a request is not read, by what its head says of its body's length. */
export function refusedLength(headers: IncomingHttpHeaders, most: number): Problem | undefined {
  const remedy = `Send JSON of at most ${most.toLocaleString('en')} bytes, with its Content-Length.`
  if (headers['transfer-encoding'] !== undefined)
    return described(411, 'length_required', 'The request does not say how long its body is.', { remedy })
  if (Number(headers['content-length'] ?? 0) <= most) return undefined
  return described(413, 'body_too_large', `The body has ${headers['content-length']} bytes.`, { remedy })
}

type Told = Pick<Problem, 'remedy'> & Partial<Pick<Problem, 'retryable' | 'problems'>>

/** A problem in the words of a code. */
function described(status: number, code: string, detail: string, { remedy, retryable, problems }: Told): Problem {
  return {
    type: `${PAGE}#${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail,
    code,
    remedy,
    retryable: retryable ?? false,
    ...(problems === undefined || problems.length === 0 ? {} : { problems }),
  }
}

/** Headers, query and body as a person names them. */
function fieldOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined): string {
  const names = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  const [where, ...rest] = names
  return where === undefined ? 'the request' : rest.length === 0 ? where : rest.join('.')
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** A problem on its way through the router; the encoder writes `data` as the body. */
export const asRouterError = (problem: Problem): ORPCError<string, Problem> =>
  new ORPCError(problem.code.toUpperCase(), { status: problem.status, message: problem.detail, data: problem })

/** The body of a router's error: ours as it was told, its own (a body that cannot be read) in the same form. */
export const problemOfRouter = (error: ORPCError<string, unknown>): Problem =>
  typeof error.data === 'object' && error.data !== null && 'remedy' in error.data
    ? (error.data as Problem)
    : problemOf(error)

/** The problem of an error; a defect is reported as well. */
export function told(parts: { readonly report: (error: unknown) => void }, error: unknown): Problem {
  const problem = problemOf(error)
  if (problem.status === 500) parts.report(error)
  return problem
}

/** Nobody is known by what was sent. */
export const UNKNOWN_CALLER = described(
  401,
  'unauthenticated',
  'The request carries no token that is known and valid.',
  {
    remedy: 'Send `Authorization: Bearer TOKEN`; `gander login --server URL` keeps one.',
  },
)
/** No route fits. */
export const NOTHING_HERE = described(404, 'route_not_found', 'There is no such address.', {
  remedy: 'The addresses are in /openapi.json.',
})

/** Answers with a problem. */
export const send = (reply: FastifyReply, problem: Problem) =>
  reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
