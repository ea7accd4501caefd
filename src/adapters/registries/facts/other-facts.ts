import { earliest, fieldsOf, textOrNull, unknownFacts, type KnownPackage } from './package-fact.ts'

/** A crate's file in a sparse index. */
export function crateAddress(index: string, name: string): string {
  const lower = name.toLowerCase()
  const folder =
    lower.length < 3
      ? String(lower.length)
      : lower.length === 3
        ? `3/${lower[0] ?? ''}`
        : `${lower.slice(0, 2)}/${lower.slice(2, 4)}`
  return `${index.replace(/\/*$/, '/')}${folder}/${encodeURIComponent(lower)}`
}

/** Reads a crate's file: a line of JSON for each version. */
export function readCrateFile(text: string, registry: string, wanted: string | null): KnownPackage {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => fieldsOf(JSON.parse(line)))
  const of = wanted === null ? lines.at(-1) : lines.find((line) => line['vers'] === wanted)
  return {
    ...unknownFacts(registry, textOrNull(of?.['vers']) ?? wanted ?? ''),
    version_exists: of !== undefined,
    published_at: textOrNull(of?.['pubtime']),
    first_published_at: earliest(lines.map((line) => textOrNull(line['pubtime']))),
    yanked: of?.['yanked'] === true,
  }
}

/** Capitals of a module's path are written with a mark, as its proxy has them. */
const escaped = (path: string): string => path.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)

/** What a Go proxy knows of one version, or of the newest. */
export const moduleAddress = (proxy: string, name: string, version: string | null): string =>
  `${proxy.replace(/\/*$/, '/')}${escaped(name)}/${version === null ? '@latest' : `@v/${escaped(version)}.info`}`

/** Reads a version's document of a Go proxy. */
export function readModuleVersion(text: string, registry: string): KnownPackage {
  const document = fieldsOf(JSON.parse(text))
  return {
    ...unknownFacts(registry, textOrNull(document['Version']) ?? ''),
    version_exists: true,
    published_at: textOrNull(document['Time']),
    // A module is source: nothing of it runs when it is fetched.
    install_scripts: false,
  }
}

/** Folder of an artifact in a Maven repository. */
export const artifactAddress = (repository: string, name: string): string =>
  `${repository.replace(/\/*$/, '/')}${name
    .split(':')
    .slice(0, 2)
    .map((part, at) => (at === 0 ? part.split('.').map(encodeURIComponent).join('/') : encodeURIComponent(part)))
    .join('/')}/`

/** Reads `maven-metadata.xml`; `listing` is the repository's page of the artifact, where it has one. */
export function readMavenMetadata(
  text: string,
  {
    registry,
    wanted,
    listing,
  }: { readonly registry: string; readonly wanted: string | null; readonly listing: string },
): KnownPackage {
  const versions = [...text.matchAll(/<version>\s*([^<]{1,200}?)\s*<\/version>/g)].map(([, version = '']) => version)
  const version = wanted ?? /<release>\s*([^<]{1,200}?)\s*<\/release>/.exec(text)?.[1] ?? versions.at(-1) ?? ''
  return {
    ...unknownFacts(registry, version),
    version_exists: versions.includes(version),
    published_at: listedAt(listing, version),
    install_scripts: false,
  }
}

/** The date beside a folder in a repository's page: `<a href="1.0/">1.0/</a>  2021-02-13 16:31`. */
function listedAt(listing: string, version: string): string | null {
  for (const line of listing.split('\n')) {
    if (!line.includes(`"${version}/"`)) continue
    const [, date, time] = /(\d{4}-\d{2}-\d{2})\s+(\d{2}:\d{2})/.exec(line) ?? []
    if (date !== undefined && time !== undefined) return `${date}T${time}:00Z`
  }
  return null
}
