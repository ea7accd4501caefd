import { contract, type Problem } from '#api/contract'
import { GANDER_ERRORS, GanderError, isGanderError, type ErrorCode } from '#domain/failure'
import { createORPCClient, ORPCError } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { OpenAPILink } from '@orpc/openapi-client/fetch'

/** The typed client of the contract. */
export type ApiClient = ContractRouterClient<typeof contract>

/** Where a server listens, and the token to show it. */
export interface ServerAddress {
  readonly url: string
  readonly token: string
  /** Absent: the platform's. */
  readonly fetch?: typeof globalThis.fetch
}

/** A client of a server's API. Its methods reject with what `asGanderError` reads. */
export function createApiClient({ url, token, fetch = globalThis.fetch }: ServerAddress): ApiClient {
  const link = new OpenAPILink(contract, {
    url,
    headers: { authorization: `Bearer ${token}` },
    fetch: async (request, init) => readable(await fetch(request, init)),
    customErrorResponseBodyDecoder: (body, { status }) =>
      isProblem(body) ? new ORPCError(body.code, { status, message: body.detail, data: body }) : undefined,
  })
  return createORPCClient(link)
}

/** Problem details are JSON by another name, which the link does not know. */
function readable(response: Response): Response {
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) return response
  const headers = new Headers(response.headers)
  headers.set('content-type', 'application/json')
  return new Response(response.body, { status: response.status, headers })
}

/** What went wrong at the server or on the way, as the same error a platform in this process would have thrown. */
export function asGanderError(error: unknown, url: string): unknown {
  if (isGanderError(error)) return error
  if (error instanceof ORPCError && isProblem(error.data)) return problemError(error.data, error)
  if (error instanceof Error && error.name !== 'AbortError')
    return new GanderError('server_unreachable', `The server ${url} did not answer: ${reasonOf(error)}.`, {
      retryable: true,
      cause: error,
    })
  return error
}

function problemError({ code, detail, remedy, retryable, problems }: Problem, cause?: unknown): GanderError {
  const known: ErrorCode = Object.hasOwn(GANDER_ERRORS, code) ? (code as ErrorCode) : 'server_refused'
  return new GanderError(known, detail, { remedy, retryable, facts: { problems: problems ?? [] }, cause })
}

/** The problem that the body of an answer tells, where the answer is no part of the contract. */
export function problemIn(body: string, status: number): GanderError {
  try {
    const read: unknown = JSON.parse(body)
    if (isProblem(read)) return problemError(read)
  } catch {
    // What is no problem is told by its status.
  }
  return new GanderError('server_refused', `The server answered ${status}.`)
}

const reasonOf = (error: Error): string =>
  error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.message

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' && 'detail' in body
  )
}
