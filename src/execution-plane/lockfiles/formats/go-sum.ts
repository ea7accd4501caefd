import { ok, refuse } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { isInside } from '../references.ts'

/** `go.sum`: a hash for the contents of each module and for its own `go.mod`. */
export const readGoSum: LockfileReader = (text) => {
  const entries: LockEntry[] = []
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    if (raw.trim() === '') continue
    const [name = '', version = '', integrity = '', ...rest] = raw.trim().split(/\s+/)
    if (version === '' || rest.length > 0) return refuse({ line: at + 1, message: 'it is no go.sum' })
    entries.push({ name, version: version.replace(/\/go\.mod$/, ''), line: at + 1, source: 'registry', integrity })
  }
  return ok(entries)
}

/** What a `go.mod` requires and puts in place of it, each with the line; a place on disk must be inside. */
export const readGoMod: LockfileReader = (text, path) => {
  const entries: LockEntry[] = []
  const replaced = new Set<string>()
  let block = ''
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw
      .replaceAll(/\s+/g, ' ')
      .replace(/\/\/.*$/, '')
      .trim()
    const opened = /^(\w+)\s*\($/.exec(line)?.[1]
    if (opened !== undefined) block = opened
    else if (line === ')') block = ''
    else if (line !== '') {
      const words = line.split(/\s+/).map((word) => word.replace(/^["`](.*)["`]$/, '$1'))
      const [verb = '', ...rest] = block === '' ? words : [block, ...words]
      if (verb === 'replace') replaced.add(rest[0] ?? '')
      entries.push(...directive(verb, rest, { line: at + 1, path }))
    }
  }
  // What is replaced is not fetched itself.
  return ok(entries.filter(({ name, source }) => source !== 'registry' || !replaced.has(name)))
}

function directive(
  verb: string,
  words: readonly string[],
  { line, path }: { readonly line: number; readonly path: string },
): readonly LockEntry[] {
  if (verb === 'require') return [{ name: words[0] ?? '', version: words[1] ?? '', line, source: 'registry' }]
  const arrow = words.indexOf('=>')
  if (verb !== 'replace' || arrow === -1) return []
  const [to = '', version = ''] = words.slice(arrow + 1)
  const name = words[0] ?? ''
  if (version !== '') return [{ name: to, version, line, source: 'registry' }]
  return [{ name, version, line, source: isInside(to, path) ? 'inside' : 'file' }]
}
