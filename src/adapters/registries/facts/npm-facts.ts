import { earliest, fieldsOf, listOf, textOrNull, unknownFacts, type KnownPackage } from './package-fact.ts'

const INSTALL = ['preinstall', 'install', 'postinstall'] as const

/** Where npm keeps all there is of a package. */
export const npmAddress = (registry: string, name: string): string =>
  `${registry.replace(/\/*$/, '/')}${name.startsWith('@') ? `@${encodeURIComponent(name.slice(1))}` : encodeURIComponent(name)}`

/** Reads a package's document of an npm registry. */
export function readNpmDocument(text: string, registry: string, wanted: string | null): KnownPackage {
  const document = fieldsOf(JSON.parse(text))
  const versions = fieldsOf(document['versions'])
  const version = wanted ?? textOrNull(fieldsOf(document['dist-tags'])['latest']) ?? ''
  const of = fieldsOf(versions[version])
  const times = fieldsOf(document['time'])
  const dates = Object.entries(times).flatMap(([name, time]) =>
    name === 'modified' || name === 'created' ? [] : [textOrNull(time)],
  )
  const scripts = fieldsOf(of['scripts'])
  const licence = of['license'] ?? document['license']
  const maintainers = of['maintainers'] ?? document['maintainers']
  return {
    ...unknownFacts(registry, version),
    version_exists: Object.hasOwn(versions, version),
    published_at: textOrNull(times[version]),
    first_published_at: earliest(dates),
    // A version whose time stands there without the version itself was taken back.
    yanked: !Object.hasOwn(versions, version) && Object.hasOwn(times, version),
    deprecated: textOrNull(of['deprecated']),
    install_scripts: of['hasInstallScript'] === true || INSTALL.some((name) => textOrNull(scripts[name]) !== null),
    maintainers: Array.isArray(maintainers) ? listOf(maintainers).length : null,
    license: textOrNull(licence) ?? textOrNull(fieldsOf(licence)['type']),
  }
}
