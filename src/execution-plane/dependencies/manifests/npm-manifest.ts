import { isInside, sourceOf } from '#execution-plane/lockfiles'
import type { Dependency, ManifestContent, NamedRegistry } from '../dependency.ts'
import { fieldsOf, lineFinder, textOf, type ManifestReader } from './manifest-text.ts'

const SECTIONS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'overrides',
  'resolutions',
] as const

/** `package.json`: every section that names a package, and what overrides put in the place of one. */
export const readPackageJson: ManifestReader = (text, path) => {
  const manifest = fieldsOf(JSON.parse(text))
  const lineOf = lineFinder(text)
  const sections = [
    ...SECTIONS.map((section) => fieldsOf(manifest[section])),
    fieldsOf(fieldsOf(manifest['pnpm'])['overrides']),
  ]
  const dependencies = sections.flatMap((section) =>
    wantedOf(section).map(([name, wanted]) => npmDependency(name, wanted, { path, line: lineOf(`"${name}"`) })),
  )
  return { dependencies, registries: [] }
}

/** Overrides may stand inside each other, keyed by `parent>name` or `name@range`. */
function wantedOf(section: { readonly [name: string]: unknown }, depth = 0): readonly (readonly [string, string])[] {
  return Object.entries(section).flatMap(([key, value]): readonly (readonly [string, string])[] => {
    const name = (key.split('>').at(-1) ?? key).replace(/(?<=.)@.*$/, '').replace(/^\*\*\//, '')
    if (typeof value === 'string') return value.startsWith('$') ? [] : [[name, value]]
    return depth > 8
      ? []
      : wantedOf(fieldsOf(value), depth + 1).map(([inner, wanted]) => [inner === '.' ? name : inner, wanted])
  })
}

/** A package as npm, pnpm or yarn are asked for it. */
function npmDependency(key: string, wanted: string, at: { readonly path: string; readonly line: number }): Dependency {
  const [, alias, range] = /^npm:((?:@[^/@]+\/)?[^@]+)(?:@(.*))?$/.exec(wanted) ?? []
  const what = {
    tool: 'npm',
    name: alias ?? key,
    wanted: alias === undefined ? wanted : (range ?? ''),
    role: 'direct',
    ...at,
  } as const
  if (alias !== undefined || /^(?:catalog|patch):/.test(wanted)) return { ...what, source: 'registry' }
  if (wanted.startsWith('workspace:')) return { ...what, source: 'inside' }
  if (/^(?:file|link|portal):|^\.{0,2}\//.test(wanted))
    return {
      ...what,
      source: isInside(wanted.replace(/^(?:link|portal):/, ''), at.path) ? 'inside' : 'outside',
      reference: wanted,
    }
  if (/^[\w.-]+\/[\w.-]+(?:#.*)?$/.test(wanted) || (/[:/]/.test(wanted) && sourceOf(wanted, at.path) === 'git'))
    return { ...what, source: 'git', reference: wanted }
  if (/^https?:/i.test(wanted)) return { ...what, source: 'url', reference: wanted }
  return { ...what, source: 'registry' }
}

/** Registries of `.npmrc`, `.yarnrc` and `.yarnrc.yml`. */
export const readNpmSettings: ManifestReader = (text, path): ManifestContent => {
  const registries = text.split('\n').flatMap((line, at): readonly NamedRegistry[] => {
    const address = /^\s*(?:(?:@[\w.-]+:)?registry|npmRegistryServer)\s*[=:\s]\s*["']?(https?:\/\/[^\s"']+)/.exec(
      line,
    )?.[1]
    return address === undefined ? [] : [{ tool: 'npm', address, path, line: at + 1 }]
  })
  return { dependencies: [], registries }
}

/** Versions that `pnpm-workspace.yaml` gives under `catalog:` and `catalogs:`, by their lines. */
export const readPnpmWorkspace: ManifestReader = (text, path) => {
  let inside = false
  const dependencies = text.split('\n').flatMap((line, at): readonly Dependency[] => {
    const top = /^([A-Za-z]\w*):/.exec(line)?.[1]
    if (top !== undefined) inside = top === 'catalog' || top === 'catalogs' || top === 'overrides'
    const [, name = '', wanted = ''] = /^\s+["']?([^\s"':]+)["']?:\s*["']?([^\s"'#]+)/.exec(line) ?? []
    return inside && name !== '' ? [npmDependency(textOf(name), wanted, { path, line: at + 1 })] : []
  })
  return { dependencies, registries: [] }
}
