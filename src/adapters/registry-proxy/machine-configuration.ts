import { join } from 'node:path'
import { type HostEnvironment, readText } from './machine-files.ts'
import { cargoCredential, mavenCredential, npmCredential } from './registry-credentials.ts'

/** How this machine's user reaches package registries. */
export interface MachineConfiguration {
  /** Variables that tell package tools the same inside, without any credential. */
  readonly environment: { readonly [name: string]: string }
  /** The user's registries; these may be plain http, on any port and at a private address. */
  readonly registries: readonly OwnRegistry[]
  /** Mirror elements for a Maven settings file; empty where there are none. */
  readonly maven_mirrors: string
  /** Text of a Cargo configuration with the user's source replacements; empty where there are none. */
  readonly cargo: string
  /** Certificate files that npm's or pip's configuration names. */
  readonly certificate_files: readonly string[]
}

/** One configured address, clean, and the Authorization value that its user name and password make. */
interface OwnRegistry {
  readonly url: URL
  readonly authorization: string | undefined
}

interface Part {
  readonly environment?: { readonly [name: string]: string }
  readonly registries: readonly OwnRegistry[]
  readonly certificate_files?: readonly string[]
}

/** An http or https address without user, password, query and fragment; undefined for anything else. */
const registryAt = (address: string): OwnRegistry | undefined => {
  const text = address.trim().replace(/^sparse\+/, '')
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return { url, authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}` }
}

/** What an address carries itself comes before what is kept elsewhere for it. */
const withCredential = (
  registry: OwnRegistry | undefined,
  find: (url: URL) => string | undefined,
): OwnRegistry | undefined =>
  registry === undefined || registry.authorization !== undefined
    ? registry
    : { ...registry, authorization: find(registry.url) }

const present = <Value>(values: readonly (Value | undefined)[]): readonly Value[] =>
  values.flatMap((value) => (value === undefined ? [] : [value]))

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
  const credential = (url: URL): string | undefined => npmCredential(files, url, environment)
  const registry = withCredential(registryAt(named ?? ''), credential)
  const scoped = files.flatMap((text) =>
    [...(text ?? '').matchAll(/^\s*(@[\w.-]+):registry\s*=\s*(\S+)/gm)].flatMap(([, scope = '', address = '']) => {
      const found = withCredential(registryAt(address), credential)
      return found === undefined ? [] : [{ scope, found }]
    }),
  )
  const href = registry?.url.href
  return {
    environment: {
      ...(href === undefined
        ? {}
        : { npm_config_registry: href, YARN_NPM_REGISTRY_SERVER: href, COREPACK_NPM_REGISTRY: href }),
      ...Object.fromEntries(scoped.map(({ scope, found }) => [`npm_config_${scope}:registry`, found.url.href])),
    },
    registries: [...present([registry]), ...scoped.map(({ found }) => found)],
    certificate_files: present([setting(files, 'cafile')]),
  }
}

/** pip takes nothing from a plain registry that is not named to it as trusted; the user did that by configuring it. */
const trustedPlainHosts = (registries: readonly OwnRegistry[]): { readonly [name: string]: string } => {
  const hosts = registries.filter(({ url }) => url.protocol === 'http:').map(({ url }) => url.host)
  return hosts.length === 0 ? {} : { PIP_TRUSTED_HOST: hosts.join(' '), UV_INSECURE_HOST: hosts.join(' ') }
}

const pipPart = (environment: HostEnvironment, home: string): Part => {
  const files = [
    environment['PIP_CONFIG_FILE'],
    join(home, '.config/pip/pip.conf'),
    join(home, '.pip/pip.conf'),
    '/etc/pip.conf',
  ].map((path) => (path === undefined ? undefined : readText(path)))
  const index = registryAt(
    environment['PIP_INDEX_URL'] ?? environment['UV_DEFAULT_INDEX'] ?? setting(files, 'index-url') ?? '',
  )
  const extra = registryAt(environment['PIP_EXTRA_INDEX_URL'] ?? setting(files, 'extra-index-url') ?? '')
  return {
    environment: {
      ...(index === undefined ? {} : { PIP_INDEX_URL: index.url.href, UV_DEFAULT_INDEX: index.url.href }),
      ...(extra === undefined ? {} : { PIP_EXTRA_INDEX_URL: extra.url.href }),
      ...trustedPlainHosts(present([index, extra])),
    },
    registries: present([index, extra]),
    certificate_files: present([setting(files, 'cert')]),
  }
}

const goPart = (environment: HostEnvironment, home: string): Part => {
  const kept = [readText(environment['GOENV'] ?? join(home, '.config/go/env'))]
  const proxies = (environment['GOPROXY'] ?? setting(kept, 'GOPROXY') ?? '')
    .split(/[,|]/)
    .flatMap((address) => registryAt(address) ?? [])
  const sums = environment['GOSUMDB'] ?? setting(kept, 'GOSUMDB')
  return {
    environment: {
      ...(proxies.length === 0 ? {} : { GOPROXY: proxies.map(({ url }) => url.href).join(',') }),
      ...(sums === undefined ? {} : { GOSUMDB: sums }),
    },
    registries: proxies,
  }
}

/** Sections of Cargo's configuration that name where crates come from, by name. */
const cargoSections = (text: string): readonly { readonly name: string; readonly body: string }[] =>
  [...text.matchAll(/^\s*\[((?:source|registries)\.[\w."-]+)\]\s*\n((?:(?!\s*\[)[^\n]*\n?)*)/gm)].map(
    ([, name = '', body = '']) => ({ name, body }),
  )

const cargoPart = (environment: HostEnvironment, home: string): Part & { readonly text: string } => {
  const folder = environment['CARGO_HOME'] ?? join(home, '.cargo')
  const text = readText(join(folder, 'config.toml')) ?? readText(join(folder, 'config')) ?? ''
  const tokens = ['credentials.toml', 'credentials'].map((name) => readText(join(folder, name)) ?? '').join('\n')
  const found = cargoSections(text).map(({ name, body }) => {
    const address = setting([body], 'registry') ?? setting([body], 'index') ?? ''
    const named = name.replace(/^\w+\./, '').replaceAll(/["']/g, '')
    const registry = withCredential(registryAt(address), () => cargoCredential(tokens, named))
    const replaced = setting([body], 'replace-with')
    const sparse = address.startsWith('sparse+') ? 'sparse+' : ''
    const key = name.startsWith('source.') ? 'registry' : 'index'
    const lines = [
      ...(registry === undefined ? [] : [`${key} = "${sparse}${registry.url.href}"`]),
      ...(replaced === undefined || !/^[\w-]+$/.test(replaced) ? [] : [`replace-with = "${replaced}"`]),
    ]
    return { registry, text: lines.length === 0 ? '' : `[${name}]\n${lines.join('\n')}\n` }
  })
  return { registries: present(found.map(({ registry }) => registry)), text: found.map((one) => one.text).join('') }
}

/** The mirrors of Maven settings by the fields that matter, rebuilt: nothing else of the file comes along. */
const mavenPart = (environment: HostEnvironment, home: string): Part & { readonly mirrors: string } => {
  const installed = environment['MAVEN_HOME'] ?? environment['M2_HOME']
  const settings = [
    join(home, '.m2/settings.xml'),
    '/etc/maven/settings.xml',
    ...(installed === undefined ? [] : [join(installed, 'conf/settings.xml')]),
  ]
    .map((path) => readText(path) ?? '')
    .join('\n')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
  const plain = (text: string | undefined): string => (text ?? '').replaceAll(/[<>&'"]/g, '').trim()
  const found = [...settings.matchAll(/<mirror>([\s\S]*?)<\/mirror>/g)].flatMap(([, body]) => {
    const field = (name: string): string => plain(new RegExp(`<${name}>([^<]*)</${name}>`).exec(body ?? '')?.[1])
    const registry = withCredential(registryAt(field('url')), () => mavenCredential(settings, field('id')))
    const blocked = field('blocked') === 'true'
    return registry === undefined || blocked ? [] : [{ id: field('id'), of: field('mirrorOf'), registry }]
  })
  const elements = found.map(
    ({ id, of, registry }) =>
      `<mirror><id>${id}</id><mirrorOf>${of}</mirrorOf><url>${plain(registry.url.href)}</url></mirror>`,
  )
  return { registries: found.map(({ registry }) => registry), mirrors: elements.join('') }
}

/** Reads what the machine's user has configured for npm, pip, Maven, Go and Cargo; projects have no say in it. */
export const readMachineConfiguration = (environment: HostEnvironment): MachineConfiguration => {
  const home = environment['HOME'] ?? '/root'
  const [maven, cargo] = [mavenPart(environment, home), cargoPart(environment, home)]
  const parts: readonly Part[] = [npmPart(environment, home), pipPart(environment, home), goPart(environment, home)]
  return {
    environment: Object.fromEntries(parts.flatMap((part) => Object.entries(part.environment ?? {}))),
    registries: [...parts, maven, cargo].flatMap((part) => part.registries),
    maven_mirrors: maven.mirrors,
    cargo: cargo.text,
    certificate_files: parts.flatMap((part) => part.certificate_files ?? []),
  }
}
