import { parseDocument } from 'yaml'
import { ok, refuse } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { fieldsOf, isInside, keyLines, sourceOf, textOf } from '../references.ts'

/** `pnpm-lock.yaml`, versions 5 to 9. */
export const readPnpmLock: LockfileReader = (text, path) => {
  const parsed = parsedYaml(text)
  if (!parsed.ok) return parsed
  const lines = keyLines(text)
  const packages = Object.entries(fieldsOf(fieldsOf(parsed.value)['packages']))
  return ok(packages.map(([key, value]) => locked(key, value, { path, line: lines.get(key) ?? 1 })))
}

/** YAML of a lockfile, or the line on which it ends to be that. */
export function parsedYaml(text: string) {
  const document = parseDocument(text, { uniqueKeys: true, merge: false, logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined)
    return refuse({ line: error.linePos?.[0].line ?? 1, message: error.message.split('\n')[0] ?? 'it is no YAML' })
  try {
    return ok<unknown>(document.toJS({ maxAliasCount: 0 }))
  } catch {
    return refuse({ line: 1, message: 'it holds aliases, which no lockfile has' })
  }
}

function locked(key: string, value: unknown, at: { readonly path: string; readonly line: number }): LockEntry {
  const fields = fieldsOf(value)
  const resolution = fieldsOf(fields['resolution'])
  const { name, version } = nameOf(key, fields)
  const what = { name, version, line: at.line }
  if (textOf(resolution['type']) === 'git' || textOf(resolution['repo']) !== '') return { ...what, source: 'git' }
  const directory = textOf(resolution['directory'])
  if (directory !== '') return { ...what, source: isInside(directory, at.path) ? 'inside' : 'file' }
  const integrity = textOf(resolution['integrity'])
  const tarball = textOf(resolution['tarball'])
  if (tarball === '') return { ...what, source: 'registry', integrity }
  const source = sourceOf(tarball, at.path)
  if (source !== 'archive') return { ...what, source }
  // A key that is an address, not a name with a version, was chosen by the manifest and not by a registry.
  return { ...what, source: version === '' ? 'archive' : 'registry', address: tarball, integrity }
}

/** `/name/1.0.0`, `/name@1.0.0` and `name@1.0.0`, each perhaps with the peers it was resolved with. */
function nameOf(key: string, fields: { readonly [name: string]: unknown }) {
  const plain = key.replace(/^\//, '').replace(/\(.*$/, '')
  const [, name, version] =
    /^((?:@[^/@]+\/)?[^/@]+)@(\d[^/:]*)$/.exec(plain) ?? /^((?:@[^/]+\/)?[^/]+)\/(\d[^/_]*)(?:_.*)?$/.exec(plain) ?? []
  if (name !== undefined && version !== undefined) return { name, version }
  return { name: textOf(fields['name']) || plain, version: '' }
}
