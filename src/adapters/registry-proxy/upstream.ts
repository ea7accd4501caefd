import type { HostEnvironment } from './machine-files.ts'

/** A proxy the host itself has to use to reach the outside. */
export interface UpstreamProxy {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Value of a Proxy-Authorization header; never leaves this process except to the proxy. */
  readonly authorization: string | undefined
}

const named = (environment: HostEnvironment, names: readonly string[]): string | undefined =>
  names.map((name) => environment[name]).find((value) => value !== undefined && value !== '')

/** True when NO_PROXY exempts the host: `*`, an exact name, or a domain with or without a leading dot. */
const isExempt = (environment: HostEnvironment, host: string): boolean =>
  (named(environment, ['NO_PROXY', 'no_proxy']) ?? '')
    .split(/[\s,]+/)
    .map((entry) =>
      entry
        .toLowerCase()
        .replace(/:\d+$/, '')
        .replace(/^\*?\./, ''),
    )
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || host === entry || host.endsWith(`.${entry}`))

/** Variables that name the proxy, by scheme; a proxy for https stands in for one for http. */
const VARIABLES = {
  https: ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'],
  http: ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'],
} as const

/** The host's own proxy for a destination; undefined where it dials directly. */
export const upstreamFor = (
  environment: HostEnvironment,
  { scheme, host }: { readonly scheme: 'https' | 'http'; readonly host: string },
): UpstreamProxy | undefined => {
  const address = named(environment, VARIABLES[scheme])
  if (address === undefined || isExempt(environment, host)) return undefined
  try {
    const url = new URL(address.includes('://') ? address : `http://${address}`)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
    const tls = url.protocol === 'https:'
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    return {
      host: url.hostname.replaceAll(/^\[|\]$/g, ''),
      port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
      tls,
      authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
    }
  } catch {
    return undefined
  }
}
