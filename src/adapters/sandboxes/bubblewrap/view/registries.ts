import { join } from 'node:path'
import { type HostEnvironment, readText } from '../host-programs.ts'

/** How this host's user reaches package registries, without any credential. */
export interface RegistryConfiguration {
  /** Variables for the commands of a setup phase. */
  readonly environment: { readonly [name: string]: string }
  /** Registries of the user's own, as `host:port`; where a profile lists the host, any port and a private address will do. */
  readonly own: readonly string[]
  /** Mirror elements for a Maven settings file; empty where there are none. */
  readonly maven_mirrors: string
  /** Certificate files named by npm's or pip's configuration. */
  readonly certificate_files: readonly string[]
}

/** An https address without user, password, query and fragment; undefined for anything else. */
export const withoutCredentials = (address: string): string | undefined => {
  try {
    const url = new URL(address.trim())
    if (url.protocol !== 'https:') return undefined
    url.username = ''
    url.password = ''
    url.search = ''
    url.hash = ''
    return url.href
  } catch {
    return undefined
  }
}

/** `host:port` of an https address. */
const authorityOf = (address: string): string => {
  const url = new URL(address)
  return `${url.hostname}:${url.port === '' ? '443' : url.port}`
}

interface Part {
  readonly environment: { readonly [name: string]: string }
  readonly own: readonly string[]
  readonly certificate_files: readonly string[]
}

const setting = (texts: readonly (string | undefined)[], key: string): string | undefined => {
  for (const text of texts) {
    const value = new RegExp(`^\\s*${key}\\s*=\\s*(.+)$`, 'm').exec(text ?? '')?.[1]?.trim()
    if (value !== undefined) return value.replaceAll(/^["']|["']$/g, '')
  }
  return undefined
}

const npmPart = (environment: HostEnvironment, home: string): Part => {
  const files = [readText(environment['NPM_CONFIG_USERCONFIG'] ?? join(home, '.npmrc')), readText('/etc/npmrc')]
  const named = environment['npm_config_registry'] ?? environment['NPM_CONFIG_REGISTRY'] ?? setting(files, 'registry')
  const registry = withoutCredentials(named ?? '')
  const scoped = files.flatMap((text) =>
    [...(text ?? '').matchAll(/^\s*(@[\w.-]+):registry\s*=\s*(\S+)/gm)].flatMap(([, scope, address]) => {
      const clean = withoutCredentials(address ?? '')
      return scope === undefined || clean === undefined ? [] : [[scope, clean] as const]
    }),
  )
  const cafile = setting(files, 'cafile')
  return {
    environment: {
      ...(registry === undefined
        ? {}
        : { npm_config_registry: registry, YARN_NPM_REGISTRY_SERVER: registry, COREPACK_NPM_REGISTRY: registry }),
      ...Object.fromEntries(scoped.map(([scope, address]) => [`npm_config_${scope}:registry`, address])),
    },
    own: [...(registry === undefined ? [] : [registry]), ...scoped.map(([, address]) => address)].map(authorityOf),
    certificate_files: cafile === undefined ? [] : [cafile],
  }
}

const pipPart = (environment: HostEnvironment, home: string): Part => {
  const files = [
    environment['PIP_CONFIG_FILE'],
    join(home, '.config/pip/pip.conf'),
    join(home, '.pip/pip.conf'),
    '/etc/pip.conf',
  ].map((path) => (path === undefined ? undefined : readText(path)))
  const index = withoutCredentials(
    environment['PIP_INDEX_URL'] ?? environment['UV_DEFAULT_INDEX'] ?? setting(files, 'index-url') ?? '',
  )
  const extra = withoutCredentials(environment['PIP_EXTRA_INDEX_URL'] ?? setting(files, 'extra-index-url') ?? '')
  const cert = setting(files, 'cert')
  return {
    environment: {
      ...(index === undefined ? {} : { PIP_INDEX_URL: index, UV_DEFAULT_INDEX: index }),
      ...(extra === undefined ? {} : { PIP_EXTRA_INDEX_URL: extra }),
    },
    own: [index, extra].filter((address) => address !== undefined).map(authorityOf),
    certificate_files: cert === undefined ? [] : [cert],
  }
}

const goPart = (environment: HostEnvironment): Part => {
  const proxies = (environment['GOPROXY'] ?? '').split(/[,|]/).flatMap((address) => withoutCredentials(address) ?? [])
  const checked = environment['GOSUMDB'] === 'off' ? { GOSUMDB: 'off' } : {}
  return {
    environment: proxies.length === 0 ? checked : { GOPROXY: proxies.join(','), ...checked },
    own: proxies.map(authorityOf),
    certificate_files: [],
  }
}

/** The mirrors of Maven settings by the fields that matter, rebuilt: nothing else of the file comes along. */
const mavenMirrors = (home: string): { readonly elements: string; readonly own: readonly string[] } => {
  const settings = (readText(join(home, '.m2/settings.xml')) ?? '').replaceAll(/<!--[\s\S]*?-->/g, '')
  const plain = (text: string | undefined): string => (text ?? '').replaceAll(/[<>&'"]/g, '').trim()
  const found = [...settings.matchAll(/<mirror>([\s\S]*?)<\/mirror>/g)].flatMap(([, body]) => {
    const field = (name: string): string => plain(new RegExp(`<${name}>([^<]*)</${name}>`).exec(body ?? '')?.[1])
    const url = withoutCredentials(field('url'))
    return url === undefined ? [] : [{ id: field('id'), of: field('mirrorOf'), url }]
  })
  return {
    elements: found
      .map(({ id, of, url }) => `<mirror><id>${id}</id><mirrorOf>${of}</mirrorOf><url>${plain(url)}</url></mirror>`)
      .join(''),
    own: found.map(({ url }) => authorityOf(url)),
  }
}

/** Reads what the host's user has configured for npm, pip, Maven and Go. */
export const findRegistryConfiguration = (environment: HostEnvironment): RegistryConfiguration => {
  const home = environment['HOME'] ?? '/root'
  const parts = [npmPart(environment, home), pipPart(environment, home), goPart(environment)]
  const maven = mavenMirrors(home)
  return {
    environment: Object.assign({}, ...parts.map((part) => part.environment)) as { readonly [name: string]: string },
    own: [...parts.flatMap((part) => part.own), ...maven.own],
    maven_mirrors: maven.elements,
    certificate_files: parts.flatMap((part) => part.certificate_files),
  }
}
