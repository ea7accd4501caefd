/** Where this machine's user fetches packages from; addresses without credentials. */
export interface MachineRegistries {
  readonly npm: string
  readonly pip: string
  readonly pip_extra: readonly string[]
  readonly maven: readonly string[]
}

/** What is used where the machine says nothing. */
export const PUBLIC_REGISTRIES: MachineRegistries = {
  npm: 'https://registry.npmjs.org/',
  pip: 'https://pypi.org/simple',
  pip_extra: [],
  maven: ['https://repo.maven.apache.org/maven2', 'https://repo1.maven.org/maven2'],
}

/** Runs one of the machine's own tools and gives its standard output; undefined when it is missing or fails. */
export type MachineCommand = (argv: readonly string[]) => Promise<string | undefined>

/**
 * Asks npm and pip of this machine, and reads a Maven settings file's mirrors, so that setup fetches from where the
 * user does. Credentials in the addresses are dropped.
 */
export async function readMachineRegistries(run: MachineCommand, maven_settings?: string): Promise<MachineRegistries> {
  const [npm, pip, extra] = await Promise.all([
    run(['npm', 'config', 'get', 'registry']),
    run(['pip', 'config', 'get', 'global.index-url']),
    run(['pip', 'config', 'get', 'global.extra-index-url']),
  ])
  const active = (maven_settings ?? '').replaceAll(/<!--[\s\S]*?-->/g, '')
  const mirrors = Array.from(active.matchAll(/<mirror>([\s\S]*?)<\/mirror>/g), ([, body = '']) => body)
    .filter((body) => !/<blocked>\s*true/.test(body))
    .flatMap((body) => addresses(/<url>\s*([^<\s]+)/.exec(body)?.[1]))
  return {
    npm: addresses(npm)[0] ?? PUBLIC_REGISTRIES.npm,
    pip: addresses(pip)[0] ?? PUBLIC_REGISTRIES.pip,
    pip_extra: addresses(extra),
    maven: mirrors.length > 0 ? mirrors : PUBLIC_REGISTRIES.maven,
  }
}

function addresses(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).flatMap((word) => {
    if (!/^https?:\/\//.test(word) || !URL.canParse(word)) return []
    const url = new URL(word)
    url.username = ''
    url.password = ''
    return [url.href]
  })
}

/** Hosts that a setup may reach on port 443: https addresses with a name, never a bare IP address or this machine. */
export function registryHosts(urls: readonly string[]): readonly string[] {
  const hosts = urls
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url))
    .filter((url) => url.protocol === 'https:' && (url.port === '' || url.port === '443'))
    .map((url) => url.hostname.toLowerCase())
    .filter((host) => host.includes('.') && !/^[\d.]+$|^\[|\.(?:local|internal|localhost)$/.test(host))
  return [...new Set(hosts)].sort()
}
