import { ok, refuse } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { fieldsOf, keyLines, sourceOf, textOf } from '../references.ts'
import { parsedYaml } from './pnpm.ts'

/** `yarn.lock` of yarn 1: blocks of a header and indented fields. */
export const readYarnLock: LockfileReader = (text, path) => {
  const entries: LockEntry[] = []
  let block: { header: string; line: number; fields: Map<string, string> } | undefined
  const close = () => {
    if (block !== undefined) entries.push(classic(block.header, block.line, block.fields, path))
    block = undefined
  }
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line.trim() === '' || line.startsWith('#')) continue
    if (/^\S.*:$/.test(line)) {
      close()
      block = { header: line.slice(0, -1), line: at + 1, fields: new Map() }
      continue
    }
    const [, name = '', value = ''] = /^ {2}"?([\w-]+)"? (?:"(.*)"|\S+)$/.exec(line) ?? []
    const plain = value === '' ? (line.trim().split(' ')[1] ?? '') : value
    if (block === undefined || !/^ {2}/.test(line)) return refuse({ line: at + 1, message: 'it is no yarn.lock' })
    if (name !== '' && !block.fields.has(name)) block.fields.set(name, plain)
  }
  close()
  return ok(entries)
}

function classic(header: string, line: number, fields: ReadonlyMap<string, string>, path: string): LockEntry {
  const [first = ''] = header.split(', ')
  const { name, range } = described(first.replaceAll('"', ''))
  const resolved = fields.get('resolved') ?? ''
  const what = { name, version: fields.get('version') ?? '', line }
  if (resolved === '') {
    const source = /^(?:file|link):|^\.{0,2}\//.test(range) ? sourceOf(range, path) : 'registry'
    return source === 'registry' ? { ...what, source, integrity: '' } : { ...what, source }
  }
  const [address = '', hash = ''] = resolved.split('#')
  const source = sourceOf(resolved, path)
  if (source === 'git') return { ...what, source }
  if (source !== 'archive') return { ...what, source }
  // The older form has a SHA-1 behind the address and nothing else.
  const integrity = fields.get('integrity') ?? (/^[0-9a-f]{40}$/.test(hash) ? `sha1:${hash}` : '')
  return { ...what, source: /^https?:/.test(range) ? 'archive' : 'registry', address, integrity }
}

/** `name@range`; an alias is the package it stands for. */
function described(descriptor: string) {
  const [, name = descriptor, range = ''] = /^((?:@[^/@]+\/)?[^@]+)@(.*)$/.exec(descriptor) ?? []
  const [, alias, wanted = ''] = /^npm:((?:@[^/@]+\/)?[^@]+)@(.*)$/.exec(range) ?? []
  return alias === undefined ? { name, range: range.replace(/^npm:/, '') } : { name: alias, range: wanted }
}

/** `yarn.lock` of yarn 2 and later, which is YAML. */
export const readBerryLock: LockfileReader = (text, path) => {
  const parsed = parsedYaml(text)
  if (!parsed.ok) return parsed
  const lines = keyLines(text)
  const entries = Object.entries(fieldsOf(parsed.value)).filter(([key]) => key !== '__metadata')
  return ok(entries.flatMap(([key, value]) => resolution(fieldsOf(value), lines.get(key) ?? 1, path)))
}

/** What this machine would not install anyway needs no checksum: yarn writes none for it. */
const FOREIGN = /\bos=(?!linux\b)/

function resolution(fields: { readonly [name: string]: unknown }, line: number, path: string): readonly LockEntry[] {
  const written = textOf(fields['resolution'])
  const [, name = written, locator = ''] = /^((?:@[^/@]+\/)?[^@]+)@(.*)$/.exec(written) ?? []
  const what = { name, version: textOf(fields['version']), line }
  if (locator.startsWith('workspace:')) return [{ ...what, source: sourceOf(locator, path) }]
  // A patch is laid over a package that has an entry of its own; the patch itself is a file of the repository.
  if (locator.startsWith('patch:')) return [{ ...what, source: 'inside' }]
  if (!locator.startsWith('npm:')) {
    const plain = locator.replace(/::.*$/, '').replace(/#.*$/, '')
    return [{ ...what, source: sourceOf(/\.git$|^git/.test(plain) ? `git+${plain}` : plain, path) }]
  }
  const integrity = textOf(fields['checksum'])
  if (integrity === '' && FOREIGN.test(textOf(fields['conditions']))) return []
  const archive = /::.*?__archiveUrl=([^&]+)/.exec(locator)?.[1]
  const address = archive === undefined ? {} : { address: decoded(archive) }
  return [{ ...what, source: 'registry', ...address, integrity }]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
