import { Agent, get } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { getCACertificates } from 'node:tls'

const LIMITS = { wait_ms: 12_000, bytes: 32 * 1024 ** 2, redirects: 3, tries: 2 } as const

/** A registry's answer to one request: a document, a clear no, or nothing that could be relied on. */
export type Fetched =
  | { readonly kind: 'found'; readonly text: string; readonly modified: string | null }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Gets one document of a registry. */
export type FetchDocument = (address: string, signal: AbortSignal) => Promise<Fetched>

/** Gets documents through the user's proxy, by https alone, bounded in time and bytes; a failure is tried once more. */
export function documentFetcher(environment: NodeJS.ProcessEnv): FetchDocument {
  return async (address, signal) => {
    let last: Fetched = { kind: 'unavailable', reason: 'nothing was asked' }
    for (let attempt = 0; attempt < LIMITS.tries && !signal.aborted; attempt++) {
      last = await fetchOnce(address, { environment, signal, redirects: LIMITS.redirects })
      if (last.kind !== 'unavailable') return last
    }
    return last
  }
}

interface Manner {
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly redirects: number
}

async function fetchOnce(address: string, manner: Manner): Promise<Fetched> {
  const { host } = new URL(address)
  try {
    const response = await answer(new URL(address), manner)
    const { statusCode = 0, headers } = response
    const { location, 'last-modified': modified = null } = headers
    if (statusCode === 200) return { kind: 'found', text: await textOf(response), modified }
    response.destroy()
    if (statusCode === 404 || statusCode === 410) return { kind: 'missing' }
    if (statusCode < 300 || statusCode >= 400 || location === undefined || manner.redirects === 0)
      return { kind: 'unavailable', reason: `${host} answered ${statusCode}` }
    const next = new URL(location, address)
    if (next.protocol !== 'https:') return { kind: 'unavailable', reason: `${host} leads away from https` }
    return await fetchOnce(next.href, { ...manner, redirects: manner.redirects - 1 })
  } catch (error) {
    return {
      kind: 'unavailable',
      reason: `${host}: ${error instanceof Error ? error.message.slice(0, 120) : 'no answer'}`,
    }
  }
}

function answer(url: URL, { environment, signal }: Manner): Promise<IncomingMessage> {
  const { username, password } = url
  const named = username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }
  const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  const agent = new Agent({ proxyEnv: environment, ca })
  const until = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.wait_ms)])
  const headers = { accept: 'application/vnd.pypi.simple.v1+json, application/json;q=0.9, */*;q=0.5' }
  return new Promise((resolve, reject) => {
    get(url, { agent, signal: until, headers, ...named }, resolve).on('error', reject)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LIMITS.bytes) throw new Error(`the answer is larger than ${LIMITS.bytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
