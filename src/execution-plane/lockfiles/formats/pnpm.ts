import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { ok, refuse } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { fieldsOf, isInside, keyLines, lineCounter, sourceOf, textOf } from '../references.ts'

/** `pnpm-lock.yaml`, versions 5 to 9. */
export const readPnpmLock: LockfileReader = (text, path) => {
  const parsed = parsedYaml(text)
  if (!parsed.ok) return parsed
  const lines = keyLines(text)
  const packages = Object.entries(fieldsOf(fieldsOf(parsed.value)['packages']))
  return ok(packages.map(([key, value]) => locked(key, value, { path, line: lines.get(key) ?? 1 })))
}

/**
 * YAML of a lockfile, or the line on which it ends to be that. Keys are compared here: the parser compares each with each,
 * which is 5 s for 10,000 packages, and a worker's heartbeat waits meanwhile.
 */
export function parsedYaml(text: string) {
  const document = parseDocument(text, { uniqueKeys: false, merge: false, logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined)
    return refuse({ line: error.linePos?.[0].line ?? 1, message: error.message.split('\n')[0] ?? 'it is no YAML' })
  const twice = repeatedKey(document.contents)
  if (twice !== undefined) return refuse({ line: lineCounter(text)(twice.at), message: `${twice.key} is said twice` })
  try {
    return ok<unknown>(document.toJS({ maxAliasCount: 0 }))
  } catch {
    return refuse({ line: 1, message: 'it holds aliases, which no lockfile has' })
  }
}

function repeatedKey(node: unknown): { readonly key: string; readonly at: number } | undefined {
  if (isSeq(node)) return firstOf(node.items)
  if (!isMap(node)) return undefined
  const seen = new Set<string>()
  for (const { key } of node.items) {
    const name = isScalar(key) ? String(key.value) : ''
    if (seen.has(name)) return { key: name, at: (isScalar(key) ? key.range?.[0] : undefined) ?? 0 }
    seen.add(name)
  }
  return firstOf(node.items.map(({ value }) => value))
}

function firstOf(nodes: readonly unknown[]): ReturnType<typeof repeatedKey> {
  for (const node of nodes) {
    const found = repeatedKey(node)
    if (found !== undefined) return found
  }
  return undefined
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
