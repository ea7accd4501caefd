import { ok } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { isInside, lineCounter } from '../references.ts'

/** `pom.xml`, which pins no bytes: the repositories it adds, what it takes from disk, and versions that move. */
export const readPom: LockfileReader = (text, path) => {
  const plain = blanked(blanked(text, '<!--', '-->'), '<distributionManagement>', '</distributionManagement>')
  return ok([...repositories(plain), ...dependencies(plain, path)])
}

/** Blanks out every part between two marks and keeps its lines; one that is never closed reaches to the end. */
function blanked(text: string, from: string, to: string): string {
  const parts: string[] = []
  let at = 0
  for (let open = text.indexOf(from); open !== -1; open = text.indexOf(from, at)) {
    const close = text.indexOf(to, open + from.length)
    const end = close === -1 ? text.length : close + to.length
    parts.push(text.slice(at, open), text.slice(open, end).replaceAll(/[^\n]+/g, ' '))
    at = end
  }
  return [...parts, text.slice(at)].join('')
}

function repositories(pom: string): readonly LockEntry[] {
  const lineAt = lineCounter(pom)
  // Bounded, so that a file of opening tags does not take time by its square.
  const blocks = pom.matchAll(/<(repository|pluginRepository)>([\s\S]{0,4000}?)<\/\1>/g)
  return [...blocks].flatMap((block): readonly LockEntry[] => {
    const body = block[2] ?? ''
    const address = field(body, 'url')
    const name = field(body, 'id') || 'repository'
    const line = lineAt(block.index)
    if (address === '' || address.startsWith('${')) return []
    if (/^https?:/.test(address)) return [{ name, version: '', line, source: 'registry', address }]
    return [{ name, version: '', line, source: 'file' }]
  })
}

function dependencies(pom: string, path: string): readonly LockEntry[] {
  const lineAt = lineCounter(pom)
  const blocks = pom.matchAll(/<(dependency|plugin|parent|extension)>([\s\S]{0,4000}?)<\/\1>/g)
  return [...blocks].map((block): LockEntry => {
    const body = block[2] ?? ''
    const line = lineAt(block.index)
    const name = `${field(body, 'groupId')}:${field(body, 'artifactId')}`
    const version = field(body, 'version')
    const from = field(body, 'systemPath').replace(/^\$\{(?:project\.)?basedir\}\/?/, './')
    if (from === '') return { name, version, line, source: 'registry' }
    return { name, version, line, source: isInside(from, path) ? 'inside' : 'file' }
  })
}

const field = (body: string, name: string): string =>
  new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(body)?.[1] ?? ''
