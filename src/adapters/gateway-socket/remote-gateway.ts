import type { IncomingMessage } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { GANDER_ERRORS, GanderError, isGanderError, type ErrorCode } from '#domain/failure'
import type { ModelAnswer, ModelCall } from '#ports'
import type { GatewayConnection } from './ensure-gateway.ts'
import { unavailable } from './gateway-health.ts'
import { fingerprintOf } from './self-signed.ts'
import { DRAINING, parseAnswer, parseRefusal } from './wire.ts'

/** A gateway of another host. */
export interface RemoteGateway {
  /** `https://HOST:PORT`. */
  readonly url: string
  /** SHA-256 of its certificate, lower-case hex. */
  readonly fingerprint: string
  /** This worker's own token. */
  readonly token: string
}

/** A gateway that went away is asked again for about this long; the key joins its call or finds its answer. */
const TRIES = 60
const PAUSE_MS = 1_000
/** What a gateway may take longer than the provider. */
const CALL_GRACE_MS = 90_000
const CONNECT_MS = 15_000

/** Whoever answers at the gateway's address is not the gateway. */
class WrongCertificate extends Error {}

/** Hands a connection on only when its certificate is the pinned one, so that no token goes anywhere else. */
class PinnedAgent extends Agent {
  readonly #fingerprint: string

  constructor(fingerprint: string) {
    super({ keepAlive: true })
    this.#fingerprint = fingerprint
  }

  override createConnection(
    options: Parameters<Agent['createConnection']>[0],
    done: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { host, port } = options as { readonly host: string; readonly port: number | string }
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    const fail = (error: Error): void => done(error, socket)
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('it did not answer in time')))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      if (this.#isPinned(socket)) return done(null, socket)
      socket.destroy()
      fail(new WrongCertificate())
    })
    return undefined
  }

  #isPinned(socket: TLSSocket): boolean {
    const { raw } = socket.getPeerCertificate()
    return raw !== undefined && fingerprintOf(raw) === this.#fingerprint
  }
}

/** The gateway of another host, over TLS with its certificate pinned. @throws GanderError `usage` for no such address */
export function remoteGateway({ url, fingerprint, token }: RemoteGateway): GatewayConnection {
  const address = URL.parse(url)
  if (address?.protocol !== 'https:')
    throw new GanderError('usage', `${JSON.stringify(url)} is no address of a model gateway.`, {
      remedy: 'Give it as https://HOST:PORT; a gateway is not reached without TLS.',
    })
  const wanted = fingerprint.replaceAll(':', '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(wanted))
    throw new GanderError('usage', 'The fingerprint of the gateway is 64 hexadecimal digits.', {
      remedy: 'Copy it from what `gander gateway --listen` says when it starts.',
    })
  const line = { url: address, token, agent: new PinnedAgent(wanted) }
  return {
    gateway: {
      call: (call, signal) => callOver(line, call, signal),
      admit: () => {
        throw new GanderError('gateway_unavailable', 'Foreign coding agents work where their gateway has its socket.', {
          remedy: 'Let a worker on the host of the gateway take such runs.',
        })
      },
    },
    close: async () => line.agent.destroy(),
  }
}

interface Line {
  readonly url: URL
  readonly token: string
  readonly agent: Agent
}

async function callOver(line: Line, call: ModelCall, given: AbortSignal | undefined): Promise<ModelAnswer> {
  const overdue = AbortSignal.timeout(call.timeout_ms + CALL_GRACE_MS)
  const signal = given === undefined ? overdue : AbortSignal.any([given, overdue])
  let failure: unknown
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const answer = await post(line, call, signal)
      if (answer !== undefined) return answer
    } catch (error) {
      given?.throwIfAborted()
      if (overdue.aborted) throw unavailable(`did not answer call ${call.call_key} in time`, error)
      if (error instanceof WrongCertificate)
        throw new GanderError(
          'gateway_unavailable',
          `What answers at ${line.url.host} is not the gateway: its certificate is another one.`,
          {
            remedy: 'Where the gateway has a new certificate, give its fingerprint with --gateway-fingerprint.',
          },
        )
      if (isGanderError(error) && !error.retryable) throw error
      failure = error
    }
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
  throw unavailable(`at ${line.url.host} could not be reached`, failure)
}

/** Undefined when the gateway is being replaced. */
async function post(
  { url, token, agent }: Line,
  call: ModelCall,
  signal: AbortSignal,
): Promise<ModelAnswer | undefined> {
  const body = JSON.stringify(call)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  const request = requestHttps(new URL('/calls', url), { method: 'POST', agent, headers, signal }, resolve)
  request.on('error', reject)
  request.end(body)
  const message = await promise
  const chunks: Uint8Array[] = []
  for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (message.statusCode === 200) return parseAnswer(text)
  const refusal = parseRefusal(text)
  if (refusal.code === DRAINING) return undefined
  const code: ErrorCode = refusal.code in GANDER_ERRORS ? (refusal.code as ErrorCode) : 'gateway_unavailable'
  throw new GanderError(code, refusal.message, { retryable: refusal.retryable })
}
