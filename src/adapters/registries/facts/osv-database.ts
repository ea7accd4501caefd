import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Advisory, AdvisoryAnswer, PackageQuestion, PackageTool } from '#ports'
import { fieldsOf, listOf, textOrNull } from './package-fact.ts'
import { zipEntries } from './zip-entries.ts'

const MOST_BYTES = 512 * 1024 ** 2
const MOST_FILES = 500_000
const ECOSYSTEMS: Readonly<Record<string, PackageTool>> = {
  npm: 'npm',
  PyPI: 'pip',
  Maven: 'maven',
  Go: 'go',
  'crates.io': 'cargo',
}

type Asked = readonly Pick<PackageQuestion, 'tool' | 'name'>[]

/**
 * Reads advisories in OSV's form about these packages from a folder: files `*.json`, and archives `*.zip` of them, at any
 * depth. Offline. A database that is there and cannot be read whole is unavailable, never empty.
 */
export async function readOsvDatabase(folder: string, packages: Asked): Promise<AdvisoryAnswer> {
  const names = await readdir(folder, { recursive: true }).catch(() => undefined)
  const files = (names ?? []).filter((name) => /\.(?:json|zip)$/.test(name)).sort()
  if (files.length === 0) return { answer: 'none_configured' }
  if (files.length > MOST_FILES) return { answer: 'unavailable', reason: `${folder} has more than ${MOST_FILES} files` }
  const wanted = new Set(packages.map(({ tool, name }) => `${tool} ${folded(tool, name)}`))
  const hints = packages.map(({ name }) => name.toLowerCase())
  const advisories: Advisory[] = []
  let read = 0
  let bytes = 0
  for (const name of files) {
    const path = join(folder, name)
    try {
      bytes += (await stat(path)).size
      if (bytes > MOST_BYTES) return { answer: 'unavailable', reason: `${folder} has more than ${MOST_BYTES} bytes` }
      const content = await readFile(path)
      const texts = name.endsWith('.zip') ? zipEntries(content, '.json') : [content.toString('utf8')]
      for (const text of texts) {
        read += 1
        if (speaksOf(text, hints)) advisories.push(...advisoriesOf(text, wanted))
      }
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 120) : 'unreadable'
      return { answer: 'unavailable', reason: `${name} cannot be read (${why})` }
    }
  }
  return { answer: 'known', read, advisories }
}

/** Most advisories are about something else; parsing is what takes the time. */
function speaksOf(text: string, hints: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return hints.some(
    (hint) =>
      lower.includes(hint) || lower.includes(hint.replaceAll('-', '_')) || lower.includes(hint.replaceAll('-', '.')),
  )
}

const folded = (tool: PackageTool, name: string): string =>
  tool === 'pip' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name

function advisoriesOf(text: string, wanted: ReadonlySet<string>): readonly Advisory[] {
  const document = fieldsOf(JSON.parse(text))
  if (textOrNull(document['withdrawn']) !== null) return []
  const id = textOrNull(document['id']) ?? 'an advisory without an id'
  const summary = textOrNull(document['summary']) ?? textOrNull(document['details'])?.slice(0, 200) ?? 'no summary'
  return listOf(document['affected']).flatMap((value): readonly Advisory[] => {
    const affected = fieldsOf(value)
    const of = fieldsOf(affected['package'])
    const ecosystem = textOrNull(of['ecosystem']) ?? ''
    const tool = Object.hasOwn(ECOSYSTEMS, ecosystem) ? ECOSYSTEMS[ecosystem] : undefined
    const name = textOrNull(of['name'])
    if (tool === undefined || name === null || !wanted.has(`${tool} ${folded(tool, name)}`)) return []
    const versions = listOf(affected['versions']).filter((version) => typeof version === 'string')
    return [{ id, summary, tool, name, versions, ranges: listOf(affected['ranges']).flatMap(rangesOf) }]
  })
}

/** Events in order: each `introduced` opens a range that the next `fixed` or `last_affected` closes. Commits say nothing here. */
function rangesOf(value: unknown): Advisory['ranges'] {
  const range = fieldsOf(value)
  if (range['type'] === 'GIT') return []
  const found: { introduced: string; fixed?: string; last_affected?: string }[] = []
  for (const event of listOf(range['events']).map(fieldsOf)) {
    const [introduced, fixed, last] = [
      textOrNull(event['introduced']),
      textOrNull(event['fixed']),
      textOrNull(event['last_affected']),
    ]
    if (introduced !== null) found.push({ introduced })
    const open = found.at(-1)
    if (open !== undefined && fixed !== null) open.fixed = fixed
    if (open !== undefined && last !== null) open.last_affected = last
  }
  return found
}
