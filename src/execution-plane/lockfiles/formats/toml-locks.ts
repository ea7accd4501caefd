import { ok, type Result } from '#domain/result'
import type { LockEntry, LockfileReader, Unreadable } from '../lock-entry.ts'
import { isInside } from '../references.ts'
import { parseToml, stringOf, tablesOf, type TomlTable } from './toml.ts'

/** `poetry.lock`: hashes stand with the package, or in older files together at the end. */
export const readPoetryLock: LockfileReader = (text, path) => {
  const parsed = parseToml(text)
  if (!parsed.ok) return parsed
  const [metadata] = tablesOf(parsed.value, 'metadata')
  const [gathered] = metadata === undefined ? [] : tablesOf(metadata, 'files')
  return ok(
    tablesOf(parsed.value, 'package').map((table): LockEntry => {
      const what = described(table)
      const files = [...tablesOf(table, 'files'), ...(gathered === undefined ? [] : tablesOf(gathered, what.name))]
      const [source] = tablesOf(table, 'source')
      const type = stringOf(source, 'type')
      const url = stringOf(source, 'url')
      if (type === 'git' || type === 'hg' || type === 'svn') return { ...what, source: 'git' }
      if (type === 'directory' || type === 'file') return { ...what, source: isInside(url, path) ? 'inside' : 'file' }
      if (type === 'url') return { ...what, source: 'archive', address: url }
      const index = url === '' ? {} : { address: url }
      return { ...what, source: 'registry', ...index, ...fileNames(files, 'file'), integrity: hashes(files) }
    }),
  )
}

/** `uv.lock`. */
export const readUvLock: LockfileReader = (text, path) => {
  const parsed = parseToml(text)
  if (!parsed.ok) return parsed
  return ok(
    tablesOf(parsed.value, 'package').flatMap((table): readonly LockEntry[] => {
      const what = described(table)
      const [source] = tablesOf(table, 'source')
      const local = ['editable', 'virtual', 'directory', 'path']
        .map((name) => stringOf(source, name))
        .find((at) => at !== '')
      if (local !== undefined) return [{ ...what, source: isInside(local, path) ? 'inside' : 'file' }]
      if (stringOf(source, 'git') !== '') return [{ ...what, source: 'git' }]
      const url = stringOf(source, 'url')
      if (url !== '') return [{ ...what, source: 'archive', address: url }]
      const index = stringOf(source, 'registry')
      const files = [...tablesOf(table, 'sdist'), ...tablesOf(table, 'wheels')]
      const registry = { ...what, source: 'registry' as const }
      if (!/^https?:/.test(index)) return [{ ...registry, source: isInside(index, path) ? 'inside' : 'file' }]
      const archives = files.map((file): LockEntry => {
        const address = stringOf(file, 'url')
        return { ...registry, line: file.line, address, ...fileNames([file], 'url'), integrity: hashes([file]) }
      })
      return archives.length === 0 ? [{ ...registry, address: index, integrity: '' }] : archives
    }),
  )
}

/** `Cargo.lock`: the newer form has checksums with the packages, the oldest has them in a table of their own. */
export const readCargoLock: LockfileReader = (text): Result<readonly LockEntry[], Unreadable> => {
  const parsed = parseToml(text)
  if (!parsed.ok) return parsed
  const [metadata] = tablesOf(parsed.value, 'metadata')
  return ok(
    tablesOf(parsed.value, 'package').map((table): LockEntry => {
      const what = described(table)
      const source = stringOf(table, 'source')
      if (source === '') return { ...what, source: 'inside' }
      if (source.startsWith('git+')) return { ...what, source: 'git' }
      const [, index] = /^(?:registry|sparse)\+(.+)$/.exec(source) ?? []
      if (index === undefined) return { ...what, source: 'archive', address: source }
      const old = `checksum ${what.name} ${what.version} (${source})`
      const integrity = stringOf(table, 'checksum') || stringOf(metadata, old)
      return { ...what, source: 'registry', address: index, integrity: integrity === '' ? '' : `sha256:${integrity}` }
    }),
  )
}

const described = (table: TomlTable) => ({
  name: stringOf(table, 'name'),
  version: stringOf(table, 'version'),
  line: table.line,
})

/** Every file needs a hash of its own: one without makes the package one without. */
function hashes(files: readonly TomlTable[]): string {
  const found = files.map((file) => stringOf(file, 'hash'))
  return found.some((hash) => hash === '') ? '' : found.join(' ')
}

const fileNames = (files: readonly TomlTable[], field: 'file' | 'url'): { readonly files: readonly string[] } => ({
  files: files.map((file) =>
    stringOf(file, field)
      .replace(/[?#].*$/, '')
      .replace(/^.*\//, ''),
  ),
})
