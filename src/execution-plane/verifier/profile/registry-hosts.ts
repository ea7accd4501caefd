import type { PackageRegistries, PackageTool } from '#ports'

/**
 * Hosts that a setup may reach: those of the machine's own registries, trusted by whoever configured them, and those of
 * addresses found in the repository, where only https names on port 443 count, never a bare IP address or this machine.
 */
export async function registryHosts(
  registries: PackageRegistries,
  tool: PackageTool,
  found: Iterable<string> = [],
): Promise<readonly string[]> {
  const own = await registries.addresses(tool)
  return [...new Set([...own.flatMap(hostOf), ...[...found].flatMap(publicHost).slice(0, MOST_FOUND)])].sort()
}

const MOST_FOUND = 5

const hostOf = (address: string): readonly string[] =>
  URL.canParse(address) ? [new URL(address).hostname.toLowerCase()] : []

function publicHost(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const { protocol, port, hostname } = new URL(address)
  if (protocol !== 'https:' || port !== '' || !hostname.includes('.')) return []
  return /^[\d.]+$|^\[|\.(?:local|internal|localhost)$/.test(hostname) ? [] : [hostname.toLowerCase()]
}
