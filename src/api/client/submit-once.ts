import { isGanderError } from '#domain/failure'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 500
/** A server that restarts is there again in some seconds. */
const LONGEST_MS = 60_000
/** The server was not reached, so nothing was asked of it. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * Submits with a key of its own, so that an answer that was lost can be asked for again: the server does it once. A
 * server that was never reached is given up at once. @throws what `submit` throws
 */
export async function submitOnce<Value>(submit: (key: string) => Promise<Value>): Promise<Value> {
  const key = randomUUID()
  const end = performance.now() + LONGEST_MS
  for (let reached = false; ; await sleep(RETRY_MS)) {
    try {
      return await submit(key)
    } catch (error) {
      reached ||= isGanderError(error, 'server_unreachable') && !NEVER_REACHED.has(codeOf(error.cause))
      if (!isGanderError(error, 'server_unreachable') || !reached || performance.now() > end) throw error
    }
  }
}

/** The code of what broke the connection, however deep it lies. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause)
}
