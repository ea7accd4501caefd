import { ok } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { isInside, sourceOf } from '../references.ts'

/**
 * A requirements file. One hash anywhere makes it a lockfile, as for pip: then each requirement needs one. Without any
 * it pins nothing, and only what it names beside the index is told.
 */
export const readRequirements: LockfileReader = (text, path) => {
  const lines = logicalLines(text)
  const locks = lines.some(({ words }) => /\s--hash[=\s]/.test(words))
  return ok(lines.flatMap(({ words, line }) => requirement(words, { line, path, locks })))
}

/** True where a requirements file pins its packages by hash. */
export const isHashed = (text: string): boolean => logicalLines(text).some(({ words }) => /\s--hash[=\s]/.test(words))

/** Paths of further files that a requirements file includes, as written. */
export const includedBy = (text: string): readonly string[] =>
  logicalLines(text).flatMap(
    ({ words }) => /^(?:-r|-c|--requirement|--constraint)(?:\s+|=)?(\S+)$/.exec(words)?.[1] ?? [],
  )

interface Logical {
  readonly words: string
  readonly line: number
}

function logicalLines(text: string): readonly Logical[] {
  const found: Logical[] = []
  let open: { words: string; line: number } | undefined
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    // One blank for many, or the patterns below take time by the square of a line's blanks.
    const plain = raw.replaceAll(/\s+/g, ' ').replace(/(^|\s)#.*$/, '')
    const goesOn = /\\\s*$/.test(plain)
    const part = plain.replace(/\\\s*$/, ' ').trim()
    if (open === undefined) open = { words: part, line: at + 1 }
    else open.words = `${open.words} ${part}`
    if (goesOn) continue
    if (open.words.trim() !== '') found.push({ words: open.words.trim(), line: open.line })
    open = undefined
  }
  if (open !== undefined && open.words.trim() !== '') found.push(open)
  return found
}

interface Where {
  readonly line: number
  readonly path: string
  readonly locks: boolean
}

function requirement(words: string, { line, path, locks }: Where): readonly LockEntry[] {
  const [, option = '', value = ''] = /^(-{1,2}[a-z-]+)(?:[=\s]+(\S+))?/.exec(words) ?? []
  if (option !== '') return optionEntries({ option, value, line, path })
  const integrity = [...words.matchAll(/--hash[=\s]+(\S+)/g)].map(([, hash = '']) => hash).join(' ')
  const plain = words.replace(/\s--(?:hash|config-settings?|global-option)[=\s]+\S+/g, '').replace(/\s*;.*$/, '')
  const [, named = '', direct] = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s*(\S+)$/.exec(plain) ?? []
  const reference = direct ?? (/^(?:[a-z+]+:|\.{0,2}\/|\.$|.*\.(?:whl|zip|tar\.gz)$)/.test(plain) ? plain : undefined)
  if (reference !== undefined) {
    const source = sourceOf(reference, path)
    return [
      { name: named || reference, version: '', line, source, ...(source === 'archive' && { address: reference }) },
    ]
  }
  const [, name = plain, version = ''] =
    /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:===?\s*([^\s,*]+))?/.exec(plain) ?? []
  return [{ name, version, line, source: 'registry', ...(locks && { integrity: version === '' ? '' : integrity }) }]
}

/** Options that name another place to fetch from, or a package that is none of the index. */
function optionEntries(given: {
  readonly option: string
  readonly value: string
  readonly line: number
  readonly path: string
}): readonly LockEntry[] {
  const { option, value, line, path } = given
  const what = { name: option, version: '', line }
  if (['-i', '--index-url', '--extra-index-url', '-f', '--find-links', '--pypi-url'].includes(option))
    return /^https?:/.test(value)
      ? [{ ...what, source: 'registry', address: value }]
      : [{ ...what, source: isInside(value, path) ? 'inside' : 'file' }]
  if (option === '--trusted-host') return [{ ...what, source: 'archive', address: `http://${value}/` }]
  if (option === '-e' || option === '--editable') return [{ ...what, name: value, source: sourceOf(value, path) }]
  return []
}
