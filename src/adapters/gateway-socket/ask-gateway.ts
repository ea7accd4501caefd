import { Agent, request as requestHttp, type IncomingMessage } from 'node:http'

const pool = new Agent({ keepAlive: true })

/** The gateway is not there, or went away before it had answered. */
export class GatewayGone extends Error {}

interface Asking {
  readonly path: string
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly at: string
  readonly content?: object
  readonly signal?: AbortSignal
}

/** One request over the gateway's socket. @throws GatewayGone; the signal's reason when it is aborted */
export async function askGateway(asking: Asking): Promise<{ readonly status: number; readonly text: string }> {
  asking.signal?.throwIfAborted()
  try {
    const message = await open(asking, pool)
    const chunks: Uint8Array[] = []
    for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk)
    return { status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }
  } catch (error) {
    asking.signal?.throwIfAborted()
    throw new GatewayGone(String(error), { cause: error })
  }
}

/** Stays connected so that the gateway knows it has a client; keeps neither side's process alive by itself. */
export async function stayPresent(path: string): Promise<() => void> {
  const message = await open({ path, method: 'GET', at: '/presence' }, new Agent({ keepAlive: false }))
  message.on('error', () => undefined)
  message.resume()
  message.socket.unref()
  return () => message.destroy()
}

function open(asking: Asking, agent: Agent): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const body = asking.content === undefined ? '' : JSON.stringify(asking.content)
  const request = requestHttp(
    {
      socketPath: asking.path,
      method: asking.method,
      path: asking.at,
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      ...(asking.signal === undefined ? {} : { signal: asking.signal }),
    },
    resolve,
  )
  request.on('error', reject)
  request.end(body)
  return promise
}
