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

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
