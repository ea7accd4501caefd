import { GANDER_ERRORS, GanderError, type ErrorCode } from '#domain/failure'
import type { GuestAdmission, GuestChannel, GuestExchange } from '#ports'
import { askGateway, GatewayGone } from './ask-gateway.ts'
import { unavailable } from './gateway-health.ts'
import { DRAINING, parseExchanges, parseOpened, parseRefusal } from './wire.ts'

/** The way to whichever gateway serves now. */
interface Line {
  readonly path: string
  readonly reconnect: () => Promise<void>
}

const TRIES = 4
const ANSWER_MS = 30_000
/** Closing waits for calls in flight, which end by themselves in this time. */
const CLOSE_MS = 700_000

/**
 * Opens a guest's channel at the gateway. The channel is bound to that gateway's process: when it dies the socket is
 * dead, its open calls are booked as spent, and the exchanges can still be read through the next gateway.
 */
export async function admitThrough(line: Line, admission: GuestAdmission): Promise<GuestChannel> {
  const { id, socket, token } = parseOpened(await ask(line, '/guests', admission, ANSWER_MS))
  const { tenant_id, run_id, key_prefix } = admission
  const exchanges = async (): Promise<readonly GuestExchange[]> =>
    parseExchanges(await ask(line, '/guests/exchanges', { tenant_id, run_id, key_prefix }, ANSWER_MS))
  return {
    socket,
    token,
    exchanges,
    async close() {
      await ask(line, '/guests/close', { id }, CLOSE_MS)
      return exchanges()
    },
  }
}

async function ask({ path, reconnect }: Line, at: string, content: object, patience_ms: number): Promise<string> {
  let failure: unknown
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const signal = AbortSignal.timeout(patience_ms)
      const { status, text } = await askGateway({ path, method: 'POST', at, content, signal })
      if (status === 200) return text
      const { code, message, retryable } = parseRefusal(text)
      if (code !== DRAINING)
        throw new GanderError(code in GANDER_ERRORS ? (code as ErrorCode) : 'gateway_unavailable', message, {
          retryable,
        })
    } catch (error) {
      if (!(error instanceof GatewayGone)) throw error
      failure = error
    }
    await reconnect()
  }
  throw unavailable(`went away ${TRIES} times while a guest was admitted`, failure)
}
