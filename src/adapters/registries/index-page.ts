import { Agent, get } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { getCACertificates } from 'node:tls'

const LIMITS = { wait_ms: 8_000, bytes: 8 * 1024 ** 2, redirects: 3 } as const
const ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5'

/** Gets a page of a package index through the user's proxy, with the credentials of its address; never over plain HTTP. */
export async function fetchIndexPage(
  address: string,
  environment: NodeJS.ProcessEnv,
  redirects: number = LIMITS.redirects,
): Promise<string | undefined> {
  try {
    const response = await answer(new URL(address), environment)
    const { statusCode = 0, headers } = response
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && redirects > 0) {
      response.destroy()
      const next = new URL(headers.location, address)
      return next.protocol === 'https:' ? await fetchIndexPage(next.href, environment, redirects - 1) : undefined
    }
    if (statusCode !== 200) {
      response.destroy()
      return undefined
    }
    return await body(response)
  } catch {
    // An index that cannot be asked leaves its file hosts unknown; setup then names what it was refused.
    return undefined
  }
}

function answer(url: URL, environment: NodeJS.ProcessEnv): Promise<IncomingMessage> {
  const { username, password } = url
  const named = username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }
  // Certificates of the system count as well: an index of one's own is often known to nothing else.
  const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  const agent = new Agent({ proxyEnv: environment, ca })
  const signal = AbortSignal.timeout(LIMITS.wait_ms)
  return new Promise((resolve, reject) => {
    get(url, { agent, signal, headers: { accept: ACCEPT }, ...named }, resolve).on('error', reject)
  })
}

async function body(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // The first megabytes of a long page name the hosts as well as all of it.
    if (bytes > LIMITS.bytes) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
