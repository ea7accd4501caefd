import { parse } from 'smol-toml'
import type { Dependency, NamedRegistry } from '../dependency.ts'
import { fieldsOf, lineFinder, textOf, type ManifestReader } from './manifest-text.ts'

const COORDINATES = /["']([\w.-]{1,200}):([\w.-]{1,200})(?::([^"':@\s]{1,100}))?(?:[:@][\w.-]+)*["']/g
const PLUGIN = /\bid\s*\(?\s*["']([\w.-]{1,200})["']\s*\)?\s+version\s*\(?\s*["']([^"'\s]{1,100})["']/g
const ADDRESS =
  /\b(?:url|setUrl|uri|maven)\b[\s=({]*(?:uri\s*\(\s*|url\s*[=(]?\s*)*["']([a-z]+:\/\/[^"'\s]{1,400})["']/g

/** `build.gradle`, `settings.gradle` and their Kotlin twins, line by line: coordinates, plugins and repositories. */
export const readGradleScript: ManifestReader = (text, path) => {
  const dependencies: Dependency[] = []
  const registries: NamedRegistry[] = []
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.slice(0, 2_000).replace(/(^|\s)\/\/.*$/, '')
    const place = { path, line: at + 1 }
    const dependency = (name: string, wanted: string): Dependency => ({
      tool: 'maven',
      name,
      wanted,
      role: 'direct',
      source: 'registry',
      ...place,
    })
    for (const [, group = '', artifact = '', version = ''] of line.matchAll(COORDINATES))
      if (group.includes('.') || version !== '') dependencies.push(dependency(`${group}:${artifact}`, version))
    // A plugin is an artifact whose name is made of its id.
    for (const [, id = '', version = ''] of line.matchAll(PLUGIN))
      dependencies.push(dependency(`${id}:${id}.gradle.plugin`, version))
    for (const [, address = ''] of line.matchAll(ADDRESS)) registries.push({ tool: 'maven', address, ...place })
  }
  return { dependencies, registries }
}

/** `gradle/libs.versions.toml`. */
export const readVersionCatalog: ManifestReader = (text, path) => {
  const document = fieldsOf(parse(text, { maxDepth: 20 }))
  const lineOf = lineFinder(text)
  const versions = fieldsOf(document['versions'])
  const versionOf = (value: unknown): string => {
    const fields = fieldsOf(value)
    const known = versions[textOf(fields['ref'])]
    return (
      textOf(value) ||
      textOf(known) ||
      textOf(fieldsOf(known)['strictly']) ||
      textOf(fields['strictly']) ||
      textOf(fields['require'])
    )
  }
  const read = (key: string, value: unknown): readonly Dependency[] => {
    const fields = fieldsOf(value)
    const [group = '', artifact = '', version = ''] = textOf(value).split(':')
    const id = textOf(fields['id'])
    const module =
      textOf(fields['module']) ||
      (id === '' ? `${textOf(fields['group'])}:${textOf(fields['name'])}` : `${id}:${id}.gradle.plugin`)
    const name = group === '' ? module : `${group}:${artifact}`
    if (name === ':') return []
    return [
      {
        tool: 'maven',
        name,
        wanted: version || versionOf(fields['version']),
        role: 'direct',
        source: 'registry',
        path,
        line: lineOf(key),
      },
    ]
  }
  const tables = ['libraries', 'plugins'].map((name) => fieldsOf(document[name]))
  return {
    dependencies: tables.flatMap((table) => Object.entries(table).flatMap(([key, value]) => read(key, value))),
    registries: [],
  }
}
