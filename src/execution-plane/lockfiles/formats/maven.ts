import { ok } from '#domain/result'
import type { LockEntry, LockfileReader } from '../lock-entry.ts'
import { isInside, lineAt } from '../references.ts'

/** `pom.xml`, which pins no bytes: the repositories it adds, what it takes from disk, and versions that move. */
export const readPom: LockfileReader = (text, path) => {
  const plain = text.replaceAll(/<!--[\s\S]*?-->|<distributionManagement>[\s\S]*?<\/distributionManagement>/g, (cut) =>
    cut.replaceAll(/[^\n]/g, ' '),
  )
  return ok([...repositories(plain), ...dependencies(plain, path)])
}

function repositories(pom: string): readonly LockEntry[] {
  const blocks = pom.matchAll(/<(repository|pluginRepository)>([\s\S]*?)<\/\1>/g)
  return [...blocks].flatMap((block): readonly LockEntry[] => {
    const body = block[2] ?? ''
    const address = field(body, 'url')
    const name = field(body, 'id') || 'repository'
    const line = lineAt(pom, block.index)
    if (address === '' || address.startsWith('${')) return []
    if (/^https?:/.test(address)) return [{ name, version: '', line, source: 'registry', address }]
    return [{ name, version: '', line, source: 'file' }]
  })
}

function dependencies(pom: string, path: string): readonly LockEntry[] {
  const blocks = pom.matchAll(/<(dependency|plugin|parent|extension)>([\s\S]*?)<\/\1>/g)
  return [...blocks].map((block): LockEntry => {
    const body = block[2] ?? ''
    const line = lineAt(pom, block.index)
    const name = `${field(body, 'groupId')}:${field(body, 'artifactId')}`
    const version = field(body, 'version')
    const from = field(body, 'systemPath').replace(/^\$\{(?:project\.)?basedir\}\/?/, './')
    if (from === '') return { name, version, line, source: 'registry' }
    return { name, version, line, source: isInside(from, path) ? 'inside' : 'file' }
  })
}

const field = (body: string, name: string): string =>
  new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(body)?.[1] ?? ''
