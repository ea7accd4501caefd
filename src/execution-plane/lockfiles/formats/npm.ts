import { ok, refuse } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { fieldsOf, isInside, keyLines, lineCounter, sourceOf, textOf } from '../references.ts'

/** `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3; of a file with both trees the newer one counts, as for npm. */
export const readNpmLock: LockfileReader = (text, path) => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    const position = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0)
    return refuse({ line: lineCounter(text)(position), message: 'it is no JSON' })
  }
  const lock = fieldsOf(parsed)
  const lines = keyLines(text)
  const packages = Object.entries(fieldsOf(lock['packages']))
  if (packages.length > 0) return ok(packages.flatMap(([key, value]) => installed(key, value, { path, lines })))
  return ok(nested(lock['dependencies'], { path, lines }))
}

interface Place {
  readonly path: string
  readonly lines: ReadonlyMap<string, number>
}

function installed(key: string, value: unknown, { path, lines }: Place): readonly LockEntry[] {
  const fields = fieldsOf(value)
  const line = lines.get(key) ?? 1
  const name = textOf(fields['name']) || (/(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(key)?.[1] ?? key)
  const version = textOf(fields['version'])
  const resolved = textOf(fields['resolved'])
  if (!/(?:^|\/)node_modules\//.test(key))
    return isInside(key === '' ? '.' : key, path) ? [] : [{ name, version, line, source: 'file' }]
  if (fields['inBundle'] === true) return []
  if (fields['link'] === true) return [{ name, version, line, source: isInside(resolved, path) ? 'inside' : 'file' }]
  return [entry({ name, version, line }, resolved, textOf(fields['integrity']), path)]
}

function nested(dependencies: unknown, place: Place): readonly LockEntry[] {
  return Object.entries(fieldsOf(dependencies)).flatMap(([key, value]) => {
    const fields = fieldsOf(value)
    const inner = nested(fields['dependencies'], place)
    if (fields['bundled'] === true) return inner
    const written = textOf(fields['version'])
    const alias = /^npm:(.+)@([^@]+)$/.exec(written)
    const what = { name: alias?.[1] ?? key, version: alias?.[2] ?? written, line: place.lines.get(key) ?? 1 }
    const elsewhere = /^[a-z+]+:|^git@|\//.test(written) && alias === null
    const resolved = elsewhere ? written : textOf(fields['resolved'])
    const own = entry(what, resolved, textOf(fields['integrity']), place.path)
    return [elsewhere && own.source === 'registry' ? { ...own, source: 'archive' } : own, ...inner]
  })
}

/** An https address belongs to a registry's package; whether it is that package's is judged later. */
function entry(
  what: Pick<LockEntry, 'name' | 'version' | 'line'>,
  resolved: string,
  integrity: string,
  path: string,
): LockEntry {
  const source = resolved === '' ? 'registry' : sourceOf(resolved, path)
  if (source === 'archive') return { ...what, source: 'registry', address: resolved, integrity }
  return source === 'registry' ? { ...what, source, integrity } : { ...what, source }
}
