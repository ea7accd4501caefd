import { isInside, sourceOf } from '#execution-plane/lockfiles'
import { parse } from 'smol-toml'
import { packageName, type Dependency, type ManifestContent, type NamedRegistry } from '../dependency.ts'
import { fieldsOf, lineFinder, listOf, textOf, type ManifestReader } from './manifest-text.ts'

interface Place {
  readonly path: string
  readonly line: number
}

/** One requirement after PEP 508, or a path or address as pip takes it; undefined for an option. */
function requirement(words: string, at: Place): Dependency | undefined {
  const plain = words
    .replace(/\s+--(?:hash|config-settings?|global-option)[=\s]+\S+/g, '')
    .replace(/\s*;.*$/, '')
    .trim()
  if (plain === '' || plain.startsWith('-')) return undefined
  const [, name = '', direct = '', wanted = ''] =
    /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:@\s*(\S+)|\(?([^)]*)\)?)$/.exec(plain) ?? []
  if (name !== '' && direct === '' && !/^[\w.-]+\.(?:whl|zip|tar\.gz)$/.test(plain))
    return {
      tool: 'pip',
      name: packageName('pip', name),
      wanted: wanted.trim(),
      role: 'direct',
      source: 'registry',
      ...at,
    }
  return elsewhere(name === '' ? plain : name, direct === '' ? plain : direct, at)
}

function elsewhere(name: string, reference: string, at: Place): Dependency {
  const kind = sourceOf(reference, at.path)
  const source = kind === 'archive' ? 'url' : kind === 'file' ? 'outside' : kind
  return { tool: 'pip', name: packageName('pip', name), wanted: '', role: 'direct', source, reference, ...at }
}

/** Requirements and constraints files: packages, and the indexes that options name. */
export const readRequirementsFile: ManifestReader = (text, path) => {
  const dependencies: Dependency[] = []
  const registries: NamedRegistry[] = []
  let open = ''
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const plain = raw.replaceAll(/\s+/g, ' ').replace(/(^|\s)#.*$/, '')
    if (/\\\s*$/.test(plain)) {
      open = `${open} ${plain.replace(/\\\s*$/, '')}`
      continue
    }
    const words = `${open} ${plain}`.trim()
    open = ''
    const place = { path, line: at + 1 }
    const [, option = '', value = ''] = /^(-{1,2}[a-z-]+)[=\s]\s*(\S+)/.exec(words) ?? []
    if (['-i', '--index-url', '--extra-index-url', '-f', '--find-links'].includes(option))
      registries.push({ tool: 'pip', address: value, ...place })
    else if (option === '-e' || option === '--editable') dependencies.push(elsewhere(value, value, place))
    const found = requirement(words, place)
    if (found !== undefined) dependencies.push(found)
  }
  return { dependencies, registries }
}

/** `pyproject.toml`: the project's own tables, dependency groups, Poetry's and uv's. */
export const readPyproject: ManifestReader = (text, path) => {
  const document = fieldsOf(parse(text, { maxDepth: 20 }))
  const lineOf = lineFinder(text)
  const project = fieldsOf(document['project'])
  const tool = fieldsOf(document['tool'])
  const [poetry, uv] = [fieldsOf(tool['poetry']), fieldsOf(tool['uv'])]
  const lists = [
    project['dependencies'],
    ...Object.values(fieldsOf(project['optional-dependencies'])),
    ...Object.values(fieldsOf(document['dependency-groups'])),
    fieldsOf(document['build-system'])['requires'],
    uv['dev-dependencies'],
  ]
  const listed = lists
    .flatMap(listOf)
    .flatMap((words) => requirement(textOf(words), { path, line: lineOf(textOf(words).split('"')[0] ?? '') }) ?? [])
  const sources = fieldsOf(uv['sources'])
  const tables = [
    poetry['dependencies'],
    poetry['dev-dependencies'],
    ...Object.values(fieldsOf(poetry['group'])).map((group) => fieldsOf(group)['dependencies']),
  ]
  const named = tables.flatMap((table) => fromTable(fieldsOf(table), path, lineOf))
  const dependencies = [...listed, ...named].map((each) => {
    const given = Object.entries(sources).find(([name]) => packageName('pip', name) === each.name)?.[1]
    return given === undefined ? each : sourced(each, given)
  })
  const indexes = [...listOf(uv['index']), ...listOf(poetry['source'])].flatMap(
    (index) => textOf(fieldsOf(index)['url']) || [],
  )
  return { dependencies, registries: indexes.map((address) => ({ tool: 'pip', address, path, line: lineOf(address) })) }
}

/** `Pipfile`. */
export const readPipfile: ManifestReader = (text, path): ManifestContent => {
  const document = fieldsOf(parse(text, { maxDepth: 20 }))
  const lineOf = lineFinder(text)
  const urls = listOf(document['source']).flatMap((source) => textOf(fieldsOf(source)['url']) || [])
  return {
    dependencies: ['packages', 'dev-packages'].flatMap((name) => fromTable(fieldsOf(document[name]), path, lineOf)),
    registries: urls.map((address) => ({ tool: 'pip', address, path, line: lineOf(address) })),
  }
}

function fromTable(
  table: { readonly [name: string]: unknown },
  path: string,
  lineOf: (needle: string) => number,
): readonly Dependency[] {
  return Object.entries(table).flatMap(([name, value]) => {
    if (name === 'python') return []
    const plain = {
      tool: 'pip',
      name: packageName('pip', name),
      role: 'direct',
      source: 'registry',
      path,
      line: lineOf(name),
    } as const
    const wanted = textOf(value) || textOf(fieldsOf(value)['version'])
    return [sourced({ ...plain, wanted }, value)]
  })
}

/** What a table says beside the version: git, an address or a folder in place of the index. */
function sourced(dependency: Dependency, value: unknown): Dependency {
  const fields = fieldsOf(Array.isArray(value) ? value[0] : value)
  const [git, url, folder] = [
    textOf(fields['git']),
    textOf(fields['url']),
    textOf(fields['path']) || textOf(fields['file']),
  ]
  if (git !== '') return { ...dependency, source: 'git', reference: git }
  if (url !== '') return { ...dependency, source: 'url', reference: url }
  if (folder === '') return fields['workspace'] === true ? { ...dependency, source: 'inside' } : dependency
  return { ...dependency, source: isInside(folder, dependency.path) ? 'inside' : 'outside', reference: folder }
}
