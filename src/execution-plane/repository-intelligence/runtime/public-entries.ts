import type { Manifests } from '../build/manifests.ts'
import { isAside } from '../ground/aside.ts'
import type { Ground } from '../ground/ground.ts'
import { folderOf, joined, under } from '../ground/path-parts.ts'
import { fieldsOf, stringOf } from '../ground/read-json.ts'

/** Depth to which a table of exports is looked through. */
const DEEPEST = 6
const BUILT = /^(\.\/)?(dist|build|lib|out|esm|cjs|es|types)\//
const ENDINGS = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']

/** Files by which others use what this repository publishes: they stand in its manifests. */
export function publicEntries(ground: Ground, manifests: Manifests): ReadonlySet<string> {
  const found = new Set<string>()
  const keep = (path: string | undefined): void => {
    const kind = path === undefined ? undefined : ground.file(path)?.kind
    if (path !== undefined && !isAside(path) && (kind === 'source' || kind === 'configuration')) found.add(path)
  }
  for (const [path, fields] of manifests.node)
    if (fields['private'] !== true) for (const each of nodeTargets(fields)) keep(sourceOf(ground, folderOf(path), each))
  for (const [path, fields] of manifests.cargo) {
    if (fields['package'] === undefined || fieldsOf(fields['package'])['publish'] === false) continue
    keep(under(folderOf(path), stringOf(fieldsOf(fields['lib'])['path']) ?? 'src/lib.rs'))
  }
  for (const [path, fields] of manifests.pyproject) {
    const name = stringOf(fieldsOf(fields['project'])['name'])?.toLowerCase().replaceAll(/[-.]/g, '_')
    if (name !== undefined)
      for (const each of [`src/${name}/__init__.py`, `${name}/__init__.py`]) keep(under(folderOf(path), each))
  }
  for (const { path, kind } of ground.files) if (kind === 'source' && path.endsWith('module-info.java')) found.add(path)
  return found
}

function nodeTargets(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const plain = ['main', 'module', 'types', 'typings', 'browser'].flatMap((field) => stringOf(fields[field]) ?? [])
  return [...new Set([...plain, ...leaves(fields['exports'], 0)])]
}

function leaves(value: unknown, depth: number): readonly string[] {
  if (typeof value === 'string') return [value]
  if (depth > DEEPEST) return []
  return Object.values(fieldsOf(value)).flatMap((each) => leaves(each, depth + 1))
}

/** The file a target is, or is built from. */
function sourceOf(ground: Ground, folder: string, target: string): string | undefined {
  if (target.includes('*')) return undefined
  for (const place of [target, target.replace(BUILT, './src/'), target.replace(BUILT, './')]) {
    const plain = place.replace(/(\.d)?\.[cm]?[jt]s$/, '')
    for (const each of [place, ...ENDINGS.map((ending) => plain + ending)]) {
      const path = joined(folder, each)
      if (path !== undefined && ground.has(path)) return path
    }
  }
  return undefined
}
