import { earliest, fieldsOf, listOf, textOrNull, unknownFacts, type KnownPackage } from './package-fact.ts'

/** A package's page of an index. */
export const simpleAddress = (index: string, name: string): string =>
  `${index.replace(/\/*$/, '/')}${encodeURIComponent(name)}/`

/** Where an index whose page does not tell dates may keep the longer document; undefined where it does not end in `simple`. */
export const longAddress = (index: string, name: string): string | undefined =>
  /\/simple\/*$/.test(index) ? `${index.replace(/\/simple\/*$/, '')}/pypi/${encodeURIComponent(name)}/json` : undefined

/** One file of a package. */
interface IndexFile {
  readonly name: string
  readonly uploaded: string | null
  readonly yanked: boolean
}

/** Reads the page of an index, as JSON or HTML. */
export function readSimplePage(text: string, registry: string, wanted: string | null): KnownPackage {
  return factsOf(text.trimStart().startsWith('{') ? filesOfJson(text) : filesOfHtml(text), registry, wanted)
}

/** Reads the long document, whose files stand by version. */
export function readLongDocument(text: string, registry: string, wanted: string | null): KnownPackage {
  const document = fieldsOf(JSON.parse(text))
  const info = fieldsOf(document['info'])
  const files = Object.values(fieldsOf(document['releases'])).flatMap(listOf).map(fieldOfFile)
  const known = factsOf(files, registry, wanted ?? textOrNull(info['version']))
  return { ...known, license: textOrNull(info['license_expression']) ?? shortLicence(textOrNull(info['license'])) }
}

/** Some packages give the whole text of a licence as its name. */
const shortLicence = (text: string | null): string | null => (text === null || text.length > 60 ? null : text)

const fieldOfFile = (value: unknown): IndexFile => {
  const file = fieldsOf(value)
  return {
    name: textOrNull(file['filename']) ?? '',
    uploaded: textOrNull(file['upload-time']) ?? textOrNull(file['upload_time_iso_8601']),
    yanked: file['yanked'] === true || textOrNull(file['yanked']) !== null,
  }
}

const filesOfJson = (text: string): readonly IndexFile[] => listOf(fieldsOf(JSON.parse(text))['files']).map(fieldOfFile)

const filesOfHtml = (text: string): readonly IndexFile[] =>
  [...text.matchAll(/<a\b([^>]{0,4000})>([^<]{1,300})<\/a>/gi)].map(([, attributes = '', name = '']) => ({
    name: name.trim(),
    uploaded: null,
    yanked: /\bdata-yanked\b/.test(attributes),
  }))

function factsOf(files: readonly IndexFile[], registry: string, wanted: string | null): KnownPackage {
  const version = wanted ?? ''
  const own = files.filter(({ name }) => versionOfFile(name) === spelled(version))
  const any = wanted === null ? files : own
  const times = any.map(({ uploaded }) => uploaded)
  return {
    ...unknownFacts(registry, version),
    version_exists: wanted === null ? files.length > 0 : own.length > 0,
    // All files of a version, so that one that was added today is not as old as the others.
    published_at: times.includes(null) ? null : latest(times),
    first_published_at: earliest(files.map(({ uploaded }) => uploaded)),
    yanked: own.length > 0 && own.every(({ yanked }) => yanked),
    // Without a wheel the package's own setup program runs when it is installed.
    install_scripts: own.length === 0 ? null : !own.some(({ name }) => name.endsWith('.whl')),
  }
}

const latest = (times: readonly (string | null)[]): string | null =>
  times.reduce((one, other) => (one === null || (other !== null && other > one) ? other : one), null)

/** Trailing zeros of a version say nothing, and neither do its marks. */
const spelled = (version: string): string =>
  version
    .toLowerCase()
    .replaceAll(/[-_]/g, '.')
    .replace(/(?:\.0)+$/, '')

/** The version in `name-1.0-py3-none-any.whl` or `name-1.0.tar.gz`. */
function versionOfFile(name: string): string {
  const wheel = /^[^-]+-([^-]+)-.*\.whl$/.exec(name)?.[1]
  const plain = wheel ?? /-(\d[^-]*?)\.(?:tar\.\w+|zip|tgz|egg)$/.exec(name)?.[1] ?? ''
  return spelled(plain)
}
