import { isInside } from '#execution-plane/lockfiles'
import { parse } from 'smol-toml'
import { packageName, type Dependency } from '../dependency.ts'
import { fieldsOf, lineFinder, textOf, type ManifestReader } from './manifest-text.ts'

const TABLES = ['dependencies', 'dev-dependencies', 'build-dependencies'] as const

/** `Cargo.toml`: dependencies of the package, its targets and its workspace, and what patches put in their place. */
export const readCargoManifest: ManifestReader = (text, path) => {
  const document = fieldsOf(parse(text, { maxDepth: 20 }))
  const lineOf = lineFinder(text)
  const holders = [
    document,
    fieldsOf(document['workspace']),
    ...Object.values(fieldsOf(document['target'])).map(fieldsOf),
  ]
  const tables = [
    ...holders.flatMap((holder) => TABLES.map((name) => fieldsOf(holder[name]))),
    ...Object.values(fieldsOf(document['patch'])).map(fieldsOf),
    fieldsOf(document['replace']),
  ]
  const dependencies = tables.flatMap((table) =>
    Object.entries(table).flatMap(([key, value]) => crate(key, value, { path, line: lineOf(key) }) ?? []),
  )
  return { dependencies, registries: [] }
}

function crate(
  key: string,
  value: unknown,
  at: { readonly path: string; readonly line: number },
): Dependency | undefined {
  const fields = fieldsOf(value)
  // The workspace says what it is; that table is read as well.
  if (fields['workspace'] === true) return undefined
  const name = packageName('cargo', textOf(fields['package']) || (key.split(':')[0] ?? key))
  const wanted = textOf(value) || textOf(fields['version'])
  const what = { tool: 'cargo', name, wanted, role: 'direct', ...at } as const
  const [git, folder] = [textOf(fields['git']), textOf(fields['path'])]
  if (git !== '') return { ...what, source: 'git', reference: git }
  if (folder !== '') return { ...what, source: isInside(folder, at.path) ? 'inside' : 'outside', reference: folder }
  const registry = textOf(fields['registry']) || textOf(fields['registry-index'])
  return { ...what, source: 'registry', ...(registry !== '' && { reference: registry }) }
}

/** Registries of `.cargo/config.toml`, and sources that replace others. */
export const readCargoSettings: ManifestReader = (text, path) => {
  const document = fieldsOf(parse(text, { maxDepth: 20 }))
  const lineOf = lineFinder(text)
  const tables = ['registries', 'source'].flatMap((name) => Object.values(fieldsOf(document[name])).map(fieldsOf))
  const addresses = tables.flatMap((table) =>
    ['index', 'registry', 'git', 'directory', 'local-registry'].flatMap((field) => textOf(table[field]) || []),
  )
  return {
    dependencies: [],
    registries: addresses.map((address) => ({ tool: 'cargo', address, path, line: lineOf(address) })),
  }
}
