import { parseHost } from './authority.ts'
import type { Destination } from './dial.ts'
import type { MachineConfiguration } from './machine-configuration.ts'

/** Places a door lets out to, by `scheme host:port`. */
export type Destinations = ReadonlyMap<string, Destination>

/** The key of a destination. */
export const destinationKey = (scheme: 'https' | 'http', host: string, port: number): string =>
  `${scheme} ${host}:${port}`

const basesOf = (url: URL): readonly string[] => [url.pathname.replace(/\/+$/, '')].filter((base) => base !== '')

/**
 * The listed hosts at port 443. One that the machine's own configuration names is also let out at its configured port
 * and scheme, with its base path, its credentials and, where it has one, its private address.
 */
export const allowedDestinations = (hosts: readonly string[], machine: MachineConfiguration): Destinations => {
  const listed = new Set(hosts.flatMap((host) => parseHost(host) ?? []))
  const allowed = new Map<string, Destination>()
  for (const host of listed) {
    const plain = { scheme: 'https', host, port: 443, own: false, bases: [], credentials: [] } as const
    allowed.set(destinationKey('https', host, 443), plain)
  }
  for (const { url, authorization } of machine.registries) {
    const host = parseHost(url.hostname)
    if (host === undefined || !listed.has(host)) continue
    const scheme = url.protocol === 'https:' ? 'https' : 'http'
    const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
    const key = destinationKey(scheme, host, port)
    const before = allowed.get(key)
    const bases = basesOf(url)
    const credentials = authorization === undefined ? [] : [{ base: bases[0] ?? '', authorization }]
    allowed.set(key, {
      scheme,
      host,
      port,
      own: true,
      bases: [...new Set([...(before?.bases ?? []), ...bases])],
      credentials: [...(before?.credentials ?? []), ...credentials],
    })
  }
  return allowed
}
