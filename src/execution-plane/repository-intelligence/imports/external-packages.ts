import type { ExternalPackage } from '#ports'
import type { Manifests } from '../build/manifests.ts'
import { nameOf } from '../ground/path-parts.ts'
import { fieldsOf, stringOf, stringsOf } from '../ground/read-json.ts'

type Wanted = Omit<ExternalPackage, 'imported_by'>
type Fields = Readonly<Record<string, unknown>>
type Kind = ExternalPackage['kind']

/** Every package that a manifest asks for, in the order of manifests; versions are as written. */
export function externalPackages(manifests: Manifests): readonly Wanted[] {
  const found = [
    ...[...manifests.node].flatMap(([path, fields]) => nodePackages(path, fields)),
    ...[...manifests.pyproject].flatMap(([path, fields]) => pythonProject(path, fields)),
    ...[...manifests.cargo].flatMap(([path, fields]) => cargoPackages(path, fields)),
    ...[...manifests.composer].flatMap(([path, fields]) => composerPackages(path, fields)),
    ...[...manifests.catalogs].flatMap(([path, fields]) => catalogPackages(path, fields)),
    ...[...manifests.texts].flatMap(([path, text]) => fromText(path, text)),
  ]
  const seen = new Set<string>()
  return found.filter(({ manifest, name, kind }) => {
    const key = `${manifest}\0${name}\0${kind}`
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

const NODE_FIELDS: Readonly<Record<string, Kind>> = {
  dependencies: 'runtime',
  devDependencies: 'development',
  peerDependencies: 'peer',
  optionalDependencies: 'optional',
}

const nodePackages = (manifest: string, fields: Fields): readonly Wanted[] =>
  Object.entries(NODE_FIELDS).flatMap(([field, kind]) =>
    Object.entries(fieldsOf(fields[field])).map(([name, range]) => ({
      name,
      ecosystem: 'npm',
      range: stringOf(range) ?? '',
      kind,
      manifest,
    })),
  )

function pythonProject(manifest: string, fields: Fields): readonly Wanted[] {
  const project = fieldsOf(fields['project'])
  const poetry = fieldsOf(fieldsOf(fields['tool'])['poetry'])
  const lines = (value: unknown, kind: Kind) => stringsOf(value).flatMap((line) => requirement(line, manifest, kind))
  const table = (value: unknown, kind: Kind) =>
    Object.entries(fieldsOf(value)).flatMap(([name, told]): readonly Wanted[] =>
      name === 'python' ? [] : [{ name, ecosystem: 'pypi', range: versionOf(told), kind, manifest }],
    )
  return [
    ...lines(project['dependencies'], 'runtime'),
    ...Object.values(fieldsOf(project['optional-dependencies'])).flatMap((each) => lines(each, 'optional')),
    ...Object.values(fieldsOf(fields['dependency-groups'])).flatMap((each) => lines(each, 'development')),
    ...lines(fieldsOf(fields['build-system'])['requires'], 'build'),
    ...table(poetry['dependencies'], 'runtime'),
    ...table(poetry['dev-dependencies'], 'development'),
    ...Object.values(fieldsOf(poetry['group'])).flatMap((each) => table(fieldsOf(each)['dependencies'], 'development')),
  ]
}

const versionOf = (told: unknown): string => stringOf(told) ?? stringOf(fieldsOf(told)['version']) ?? ''

function requirement(line: string, manifest: string, kind: Kind): readonly Wanted[] {
  const [, name, range = ''] = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)/.exec(line) ?? []
  return name === undefined
    ? []
    : [{ name, ecosystem: 'pypi', range: range.replace(/^\(|\)\s*$/g, '').trim(), kind, manifest }]
}

function cargoPackages(manifest: string, fields: Fields): readonly Wanted[] {
  const table = (value: unknown, kind: Kind) =>
    Object.entries(fieldsOf(value)).flatMap(([name, told]): readonly Wanted[] => {
      const { path, package: renamed } = fieldsOf(told)
      return path === undefined
        ? [{ name: stringOf(renamed) ?? name, ecosystem: 'cargo', range: versionOf(told), kind, manifest }]
        : []
    })
  const tables = (of: Fields) => [
    ...table(of['dependencies'], 'runtime'),
    ...table(of['dev-dependencies'], 'development'),
    ...table(of['build-dependencies'], 'build'),
  ]
  return [
    ...tables(fields),
    ...table(fieldsOf(fields['workspace'])['dependencies'], 'runtime'),
    ...Object.values(fieldsOf(fields['target'])).flatMap((each) => tables(fieldsOf(each))),
  ]
}

const composerPackages = (manifest: string, fields: Fields): readonly Wanted[] =>
  (['require', 'require-dev'] as const).flatMap((field) =>
    Object.entries(fieldsOf(fields[field])).flatMap(([name, range]): readonly Wanted[] => {
      const kind = field === 'require' ? 'runtime' : 'development'
      return name.includes('/') ? [{ name, ecosystem: 'composer', range: stringOf(range) ?? '', kind, manifest }] : []
    }),
  )

function fromText(path: string, text: string): readonly Wanted[] {
  const name = nameOf(path)
  if (name === 'pom.xml') return mavenPackages(path, text)
  if (name.startsWith('build.gradle')) return gradlePackages(path, text)
  if (name === 'go.mod') return goPackages(path, text)
  if (name === 'Gemfile' || name.endsWith('.gemspec')) return gems(path, text)
  if (/\.(cs|fs)proj$/.test(name)) return nugetPackages(path, text)
  if (!name.startsWith('requirements')) return []
  const kind = /dev|test|lint|docs?|ci/.test(name) ? 'development' : 'runtime'
  return text
    .split('\n')
    .flatMap((line) => (/^\s*(#|-|$|https?:|git\+)/.test(line) ? [] : requirement(line, path, kind)))
}

/** Parts of a pom.xml that say nothing of what the project depends on. */
const NOT_WANTED = [
  ['<!--', '-->'],
  ['<exclusions>', '</exclusions>'],
  ['<plugins>', '</plugins>'],
  ['<dependencyManagement>', '</dependencyManagement>'],
] as const

/** Cuts every part between two marks; an unclosed one stays. One pass, whatever the text is. */
function without(text: string, open: string, close: string): string {
  const kept: string[] = []
  let at = 0
  for (;;) {
    const start = text.indexOf(open, at)
    const end = start < 0 ? -1 : text.indexOf(close, start + open.length)
    if (end < 0) return kept.concat(text.slice(at)).join('')
    kept.push(text.slice(at, start))
    at = end + close.length
  }
}

function mavenPackages(manifest: string, text: string): readonly Wanted[] {
  const properties = new Map(
    [...text.matchAll(/<([\w.-]+)>([^<>\n]{1,100})<\/\1>/g)].map(([, key = '', value = '']) => [key, value]),
  )
  const filled = (value: string) =>
    value.replaceAll(/\$\{([\w.-]+)\}/g, (whole, key: string) => properties.get(key) ?? whole)
  const own = NOT_WANTED.reduce((left, [open, close]) => without(left, open, close), text)
  return own
    .split('<dependency>')
    .slice(1)
    .flatMap((part): readonly Wanted[] => {
      const inside = part.slice(0, Math.max(0, part.indexOf('</dependency>'))).slice(0, 4_000)
      const field = (name: string) => new RegExp(`<${name}>\\s*([^<]+?)\\s*</${name}>`).exec(inside)?.[1]
      const [group, artifact, version, scope] = ['groupId', 'artifactId', 'version', 'scope'].map(field)
      if (group === undefined || artifact === undefined) return []
      const kind: Kind = scope === 'test' ? 'development' : field('optional') === 'true' ? 'optional' : 'runtime'
      return [
        {
          name: `${filled(group)}:${filled(artifact)}`,
          ecosystem: 'maven',
          range: filled(version ?? ''),
          kind,
          manifest,
        },
      ]
    })
}

/** `name = { module = "group:artifact", version.ref = "key" }`, and the other ways to say it. */
function catalogPackages(manifest: string, fields: Fields): readonly Wanted[] {
  const versions = fieldsOf(fields['versions'])
  return Object.values(fieldsOf(fields['libraries'])).flatMap((told): readonly Wanted[] => {
    const { module, group, name, version } = fieldsOf(told)
    const [before, artifact, plain] = (
      stringOf(told) ??
      stringOf(module) ??
      `${stringOf(group)}:${stringOf(name)}`
    ).split(':')
    if (before === undefined || artifact === undefined || artifact === 'undefined') return []
    const key = stringOf(fieldsOf(version)['ref'])
    const range = plain ?? (key === undefined ? stringOf(version) : stringOf(versions[key])) ?? ''
    return [{ name: `${before}:${artifact}`, ecosystem: 'maven', range, kind: 'runtime', manifest }]
  })
}

const GRADLE =
  /(?:^|[\s{;])(\w*(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[kK]apt|[aA]nnotationProcessor|[cC]ompile))\s{0,8}\(?\s{0,8}["']([\w.-]+):([\w.-]+)(?::([^"'@:]+))?/gm

const gradlePackages = (manifest: string, text: string): readonly Wanted[] =>
  [...text.matchAll(GRADLE)].map(([, how = '', group = '', artifact = '', range = '']) => ({
    name: `${group}:${artifact}`,
    ecosystem: 'maven',
    range,
    kind: /^test|Test/.test(how) ? 'development' : /kapt|Processor/i.test(how) ? 'build' : 'runtime',
    manifest,
  }))

const goPackages = (manifest: string, text: string): readonly Wanted[] =>
  [...text.matchAll(/^[ \t]*(?:require[ \t]+)?([\w.~-]+\.[\w.~-]+(?:\/[\w.~-]+)*)\s+(v\S+)([^\n]*)$/gm)].map(
    ([, name = '', range = '', rest = '']) => ({
      name,
      ecosystem: 'go',
      range,
      kind: rest.includes('// indirect') ? 'optional' : 'runtime',
      manifest,
    }),
  )

const gems = (manifest: string, text: string): readonly Wanted[] =>
  [
    ...text.matchAll(
      /^[ \t]*(?:\w+\.)?(gem|add_(?:runtime_|development_)?dependency)[ \t]{0,8}\(?[ \t]{0,8}["']([\w.-]+)["']((?:\s{0,40},\s{0,40}["'][^"'\n]*["'])*)/gm,
    ),
  ].map(([, how = '', name = '', versions = '']) => ({
    name,
    ecosystem: 'gem',
    range: [...versions.matchAll(/["']([^"']*)["']/g)].map(([, each]) => each).join(', '),
    kind: how.includes('development') ? 'development' : 'runtime',
    manifest,
  }))

const nugetPackages = (manifest: string, text: string): readonly Wanted[] =>
  [...text.matchAll(/<PackageReference\b([^>]{0,400})>/g)].flatMap(([, inside = '']): readonly Wanted[] => {
    const name = /\bInclude="([^"]+)"/.exec(inside)?.[1]
    const range = /\bVersion="([^"]+)"/.exec(inside)?.[1] ?? ''
    return name === undefined ? [] : [{ name, ecosystem: 'nuget', range, kind: 'runtime', manifest }]
  })

/** Names under which a package may be imported, for telling which manifest's package an import means. */
export function importNames({ name, ecosystem }: Wanted): readonly string[] {
  if (ecosystem === 'pypi')
    return [...new Set([name, name.toLowerCase().replaceAll(/[-.]/g, '_'), ...(PYPI_NAMES[name.toLowerCase()] ?? [])])]
  if (ecosystem === 'cargo') return [name.replaceAll('-', '_')]
  if (ecosystem === 'gem') return [...new Set([name, name.replaceAll('-', '/').split('/')[0] ?? name])]
  return ecosystem === 'maven' ? [name.split(':')[0] ?? name] : [name]
}

/** Packages whose module has another name; the commonest of them. */
const PYPI_NAMES: Readonly<Record<string, readonly string[]>> = {
  pyyaml: ['yaml'],
  pillow: ['PIL'],
  beautifulsoup4: ['bs4'],
  'scikit-learn': ['sklearn'],
  'python-dateutil': ['dateutil'],
  attrs: ['attr', 'attrs'],
  'opencv-python': ['cv2'],
  'python-dotenv': ['dotenv'],
  pyjwt: ['jwt'],
  'msgpack-python': ['msgpack'],
  protobuf: ['google'],
  setuptools: ['setuptools', 'pkg_resources'],
}
