const SEGMENT = /^[A-Za-z0-9@._~+!:=,-]{1,160}$/
const BASE = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$|^\+[a-z]$/
const VERSION = /^v?[0-9][A-Za-z0-9._+!-]{0,99}$/
const MAX_PATH = 600
const MAX_SEGMENTS = 20
const MAX_BASES = 7
/** A run of letters of both cases and digits this long is no word of a name; it is what base64 looks like. */
const LONG_MIXED = /[A-Za-z0-9]{25,}/g

const looksEncoded = (segment: string): boolean =>
  (segment.match(LONG_MIXED) ?? []).some((run) => /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run))

const isBase = (segments: readonly string[]): boolean =>
  segments.length <= MAX_BASES && segments.every((segment) => BASE.test(segment))

const isNpmName = (name: string): boolean => /^[a-z0-9._~-]{1,100}$/.test(name) || /^[A-Za-z0-9._~-]{1,40}$/.test(name)

/** `name`, `@scope/name`, either with a version, below nothing or a configured base. */
const isNpmDocument = (path: readonly string[]): boolean => {
  if (path.join('/') === '-/npm/v1/keys') return true
  const scoped = path[0]?.startsWith('@') === true
  const [name = '', version, ...rest] = scoped ? path.slice(1) : path
  const scope = scoped ? (path[0]?.slice(1) ?? '') : 'x'
  if (rest.length > 0 || !isNpmName(scope) || !isNpmName(name)) return false
  return version === undefined || version === 'latest' || VERSION.test(version)
}

/** `…/name/-/name-1.0.0.tgz`: the name is said twice, so neither part can be made up alone. */
const isNpmFile = (path: readonly string[]): boolean => {
  const [file = '', dash, name = ''] = path.slice(-3).toReversed()
  if (dash !== '-' || !isNpmName(name) || !file.startsWith(`${name}-`) || !file.endsWith('.tgz')) return false
  const before = path.slice(0, -3)
  const scope = before.at(-1)?.startsWith('@') === true ? before.at(-1)?.slice(1) : undefined
  const base = scope === undefined ? before : before.slice(0, -1)
  return VERSION.test(file.slice(name.length + 1, -4)) && (scope === undefined || isNpmName(scope)) && isBase(base)
}

const PROJECT = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?$/

const isPythonIndex = (path: readonly string[], below_base: boolean): boolean => {
  const [name = '', simple] = path.slice(-2).toReversed()
  if (simple === 'simple' && PROJECT.test(name)) return isBase(path.slice(0, -2))
  if (below_base && path.length === 1) return PROJECT.test(name)
  return (
    path[0] === 'pypi' &&
    path.at(-1) === 'json' &&
    path.length <= 4 &&
    path.slice(1, -1).every((part) => PROJECT.test(part))
  )
}

const PYTHON_FILE =
  /^[A-Za-z0-9][A-Za-z0-9._]{0,99}-[0-9][A-Za-z0-9._+!-]{0,100}\.(?:whl|tar\.gz|tar\.bz2|zip|egg)(?:\.metadata)?$/

const isPythonFile = (path: readonly string[]): boolean => {
  const file = path.at(-1) ?? ''
  // Old source archives have hyphens in their names.
  const joined = file.replaceAll(/-(?=[A-Za-z])(?=.*-\d)/g, '_')
  return path.length >= 2 && PYTHON_FILE.test(joined) && isBase(path.slice(0, -1))
}

const MAVEN_END =
  /\.(?:pom|jar|war|ear|aar|klib|module|zip|xml|tar\.gz|json|exe|so)(?:\.asc)?(?:\.(?:sha1|md5|sha256|sha512))?$/
const MAVEN_LIST = /^(?:maven-metadata\.xml|archetype-catalog\.xml)(?:\.(?:sha1|md5|sha256|sha512))?$/
const MAVEN_PART = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$/

/** `group/parts/artifact/version/artifact-version[-classifier].ext`, or the list of an artifact's versions. */
const isMaven = (path: readonly string[]): boolean => {
  const file = path.at(-1) ?? ''
  const folders = path.slice(0, -1)
  if (file === 'prefixes.txt' && folders.at(-1) === '.meta') return isBase(folders.slice(0, -1))
  if (folders.length < 1 || folders.length > 16 || !folders.every((part) => MAVEN_PART.test(part))) return false
  if (MAVEN_LIST.test(file)) return true
  const [version = '', artifact = ''] = folders.slice(-2).toReversed()
  return (
    folders.length >= 3 && MAVEN_END.test(file) && file.startsWith(`${artifact}-${version.replace(/-SNAPSHOT$/, '')}`)
  )
}

const GO_PART = /^[a-z0-9!_~.+-]{1,80}$/
const GO_VERSION = /^v[0-9][a-z0-9!.+-]{0,99}$/

const isGoModule = (path: readonly string[]): boolean =>
  path.length > 0 &&
  path.length <= 14 &&
  path.every((part) => GO_PART.test(part)) &&
  path.some((part) => part.includes('.'))

const isGo = (path: readonly string[]): boolean => {
  if (path.at(-1) === '@latest') return isGoModule(path.slice(0, -1))
  if (path.at(-2) !== '@v') return false
  const [, version = '', kind] = /^(.+)\.(info|mod|zip|ziphash)$/.exec(path.at(-1) ?? '') ?? []
  return (path.at(-1) === 'list' || (kind !== undefined && GO_VERSION.test(version))) && isGoModule(path.slice(0, -2))
}

/** The checksum database, at its own host or behind a Go proxy at `sumdb/NAME`. */
const isGoSums = (path: readonly string[]): boolean => {
  const at = path.indexOf('sumdb')
  const own = at < 0 ? path : path.slice(at + 2)
  if (at >= 0 && !(isBase(path.slice(0, at)) && /^[a-z0-9.-]{1,80}$/.test(path[at + 1] ?? ''))) return false
  if (own.length === 1) return own[0] === 'latest' || (at >= 0 && own[0] === 'supported')
  if (own[0] === 'tile')
    return own.length <= 8 && own.slice(1).every((part) => /^(?:data|x?\d{1,3}(?:\.p)?)$/.test(part))
  const [module = '', version = '', ...rest] = own.slice(1).join('/').split('@')
  return (
    own[0] === 'lookup' &&
    rest.length === 0 &&
    GO_VERSION.test(version.replace(/\/go\.mod$/, '')) &&
    isGoModule(module.split('/'))
  )
}

const CRATE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

const isCrateIndex = (path: readonly string[]): boolean => {
  const [name = '', ...before] = path.toReversed()
  if (name === 'config.json') return isBase(path.slice(0, -1))
  const prefix =
    name.length < 3
      ? [String(name.length)]
      : name.length === 3
        ? ['3', name.slice(0, 1)]
        : [name.slice(0, 2), name.slice(2, 4)]
  const found = before.slice(0, prefix.length).toReversed()
  return (
    CRATE.test(name) &&
    found.join('/').toLowerCase() === prefix.join('/').toLowerCase() &&
    isBase(path.slice(0, -1 - prefix.length))
  )
}

const isCrateFile = (path: readonly string[]): boolean => {
  const at = path.lastIndexOf('crates')
  const [name = '', second = '', third, ...rest] = path.slice(at + 1)
  if (at < 0 || !isBase(path.slice(0, at)) || !CRATE.test(name) || rest.length > 0) return false
  if (third === 'download') return VERSION.test(second)
  const file = third ?? second
  const version = file.startsWith(`${name}-`) && file.endsWith('.crate') ? file.slice(name.length + 1, -6) : ''
  return VERSION.test(version) && (third === undefined || second === version)
}

/** Percent escapes that package tools write; every other one is refused rather than read. */
const decoded = (path: string): string =>
  path
    .replaceAll(/%2[fF]/g, '/')
    .replaceAll('%40', '@')
    .replaceAll(/%2[bB]/g, '+')
    .replaceAll('%21', '!')

const segmentsOf = (path: string): readonly string[] | undefined => {
  if (!path.startsWith('/') || path.length > MAX_PATH) return undefined
  // An escaped slash is only for the scope of an npm name, once.
  if ((path.match(/%2[fF]/g) ?? []).length > (/\/(?:@|%40)[^/%]+%2[fF][^/%]+$/.test(path) ? 1 : 0)) return undefined
  const segments = decoded(path.slice(1).replace(/\/$/, '')).split('/')
  if (segments.length > MAX_SEGMENTS || !segments.every((segment) => SEGMENT.test(segment))) return undefined
  return segments.some((segment) => /^\.+$/.test(segment) || looksEncoded(segment)) ? undefined : segments
}

const isKnownShape = (path: readonly string[], below_base: boolean): boolean =>
  isNpmDocument(path) ||
  isNpmFile(path) ||
  isPythonIndex(path, below_base) ||
  isPythonFile(path) ||
  isMaven(path) ||
  isGo(path) ||
  isGoSums(path) ||
  isCrateIndex(path) ||
  isCrateFile(path)

/**
 * True for a path (without query) that npm, PyPI, a Maven repository, a Go proxy or checksum database, or a Cargo
 * registry understands as reading a package. `bases` are paths that the machine's configuration puts in front.
 */
export const isRegistryPath = (path: string, bases: readonly string[]): boolean => {
  if (path === '/' || bases.includes(path.replace(/\/$/, ''))) return true
  const segments = segmentsOf(path)
  if (segments === undefined) return false
  if (isKnownShape(segments, false)) return true
  const base = bases.find((each) => each !== '' && path.startsWith(`${each}/`))
  const below = base === undefined ? undefined : segmentsOf(path.slice(base.length))
  return below !== undefined && isKnownShape(below, true)
}
