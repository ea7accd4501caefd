import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { ModelChoice } from '#domain/task'
import type { ForwardedAnswer, ForwardRequest } from '#ports'

/** A provider that says nothing for this long is gone. */
const SILENCE_MS = 180_000
const OWN: Readonly<Record<string, string>> = {
  anthropic: 'https://api.anthropic.com/v1',
  'openai-chat': 'https://api.openai.com/v1',
  'openai-responses': 'https://api.openai.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
}
const POOL = { keepAlive: true, keepAliveMsecs: 15_000 } as const
const direct = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) }
const outward = {
  http: new HttpAgent({ ...POOL, proxyEnv: process.env }),
  https: new HttpsAgent({ ...POOL, proxyEnv: process.env }),
}

/**
 * Sends a guest's request to the address that the platform's configuration gives its model. A redirect is an answer like
 * any other; a proxy is used only where the environment names one and the address is not loopback.
 */
export const forwardRequest: ForwardRequest = (request, signal) => forwardWithin(SILENCE_MS, request, signal)

/** The same with another bound for a provider's silence. */
export async function forwardWithin(
  silence_ms: number,
  { model, path, headers, body }: Parameters<ForwardRequest>[0],
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  signal.throwIfAborted()
  const url = new URL(`${addressOf(model)}${path}`)
  const agents = isLoopback(url.hostname) ? direct : outward
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = {
    method: 'POST',
    signal,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'content-length': Buffer.byteLength(body),
    },
  }
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, agent: agents.https }, resolve)
      : requestHttp(url, { ...options, agent: agents.http }, resolve)
  request.setTimeout(silence_ms, () => request.destroy(new Error('The provider fell silent.')))
  request.on('error', reject)
  request.end(body)
  return answerOf(await promise)
}

function answerOf(message: IncomingMessage): ForwardedAnswer {
  return {
    status: message.statusCode ?? 502,
    content_type: message.headers['content-type'] ?? '',
    retry_after: message.headers['retry-after'] ?? null,
    body: message as AsyncIterable<Uint8Array>,
  }
}

/** With the version path put in where a bare host was given. */
function addressOf(model: ModelChoice): string {
  const own = OWN[model.api]
  if (own === undefined) throw new TypeError(`Nothing is sent over ${model.api}.`)
  if (model.url === null) return own
  const url = new URL(model.url)
  if (url.pathname === '/') url.pathname = new URL(own).pathname
  return url.href.replace(/\/+$/, '')
}

const isLoopback = (hostname: string): boolean =>
  /^(localhost|.*\.localhost|\[?::1\]?|127(\.\d{1,3}){3})$/.test(hostname.toLowerCase())
