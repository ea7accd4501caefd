import { withoutCredentials } from './registry-address.ts'

/** The proxies Go uses, its own default included, and the database it checks sums with. */
export async function goAddresses(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const settings = parsed((await ask(['go', 'env', '-json', 'GOPROXY', 'GOSUMDB'])) ?? '')
  const proxies = settings.GOPROXY.split(/[,|]/).flatMap(withoutCredentials)
  // GOSUMDB is a name, with a key behind it, and possibly an address behind that.
  const [name = '', ...rest] = settings.GOSUMDB.split(/\s+/)
  const host = /^[a-z0-9][a-z0-9.-]*\.[a-z]+/.exec(name)?.[0]
  const sums = rest.find((part) => part.startsWith('https://')) ?? (host === undefined ? '' : `https://${host}/`)
  return [...proxies, ...withoutCredentials(sums)]
}

function parsed(text: string): { readonly GOPROXY: string; readonly GOSUMDB: string } {
  try {
    const value: unknown = JSON.parse(text)
    const settings = typeof value === 'object' && value !== null ? Object.entries(value) : []
    const named = (name: string): string => String(settings.find(([key]) => key === name)?.[1] ?? '')
    return { GOPROXY: named('GOPROXY'), GOSUMDB: named('GOSUMDB') }
  } catch {
    return { GOPROXY: '', GOSUMDB: '' }
  }
}
