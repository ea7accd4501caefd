import { Agent as HttpAgent, request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isLoopback } from './loopback.ts'

/** A model's answer is text; more than this is a broken server. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

const POOL = { keepAlive: true, keepAliveMsecs: 15_000, timeout: 0 } as const
const directly = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) }
const outward = {
  http: new HttpAgent({ ...POOL, proxyEnv: process.env }),
  https: new HttpsAgent({ ...POOL, proxyEnv: process.env }),
}

/**
 * `fetch` for providers, over node:http. The built-in one gives up when headers take longer than five minutes, which a
 * slow local model needs, and follows redirects, which would carry the key along. Here a redirect is an answer like any
 * other, the only time limit is the caller's signal, and a proxy is used only where the environment names one and the
 * address is not loopback.
 */
export const sendRequest: typeof globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  const signal = init?.signal ?? undefined
  signal?.throwIfAborted()
  const body = bytesOf(init?.body)
  const headers = Object.fromEntries(new Headers(init?.headers).entries())
  const message = await exchange(
    url,
    {
      method: init?.method ?? 'GET',
      headers: { ...headers, 'accept-encoding': 'identity', 'content-length': String(body.byteLength) },
      ...(signal === undefined ? {} : { signal }),
    },
    body,
  )
  const status = message.statusCode ?? 502
  const hasNoBody = status === 204 || status === 205 || status === 304
  const received = await read(message)
  return new Response(hasNoBody ? null : received, {
    status,
    statusText: message.statusMessage ?? '',
    headers: headersOf(message),
  })
}

function exchange(url: URL, options: RequestOptions, body: Uint8Array): Promise<IncomingMessage> {
  const agents = isLoopback(url.hostname) ? directly : outward
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, agent: agents.https }, resolve)
      : requestHttp(url, { ...options, agent: agents.http }, resolve)
  request.on('error', reject)
  request.on('socket', (socket) => socket.setKeepAlive(true, 15_000))
  request.end(body)
  return promise
}

async function read(message: IncomingMessage): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    bytes += chunk.byteLength
    if (bytes > MAX_RESPONSE_BYTES) throw new Error(`The response is larger than ${MAX_RESPONSE_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return new Blob(chunks).arrayBuffer()
}

function bytesOf(body: RequestInit['body']): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  throw new TypeError('Only text and bytes are sent to a model.')
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  return headers
}
