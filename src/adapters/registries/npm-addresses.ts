import { withoutCredentials } from './registry-address.ts'

/** The registry npm uses, its own default included, and the registries of scopes. */
export async function npmAddresses(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const settings = parsed((await ask(['npm', 'config', 'list', '--json'])) ?? '')
  return Object.entries(settings)
    .filter(([name]) => name === 'registry' || /^@[^:]+:registry$/.test(name))
    .flatMap(([, value]) => (typeof value === 'string' ? withoutCredentials(value) : []))
}

/** The only registry npm asks for a package: its scope's, or the default one; empty where npm does not say. */
export async function npmRegistryOf(
  ask: (argv: readonly string[]) => Promise<string | undefined>,
  name: string,
): Promise<readonly string[]> {
  const settings = new Map(Object.entries(parsed((await ask(['npm', 'config', 'list', '--json'])) ?? '')))
  const scoped = name.startsWith('@') ? settings.get(`${name.slice(0, name.indexOf('/'))}:registry`) : undefined
  const address: unknown = scoped ?? settings.get('registry')
  return typeof address === 'string' ? withoutCredentials(address) : []
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
