import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf, joined, stemOf } from '../ground/path-parts.ts'
import { fieldsOf, stringsOf } from '../ground/read-json.ts'
import { external, internalOr, nowhere, STANDARD, type Resolution, type Resolver } from './resolution.ts'

/** A namespace and the folders that PSR-4 has its classes in. */
export interface Psr4Root {
  readonly prefix: string
  readonly folders: readonly string[]
}

/** Namespaces of a composer.json, the longest first. */
export function psr4Roots(manifests: ReadonlyMap<string, Readonly<Record<string, unknown>>>): readonly Psr4Root[] {
  return [...manifests]
    .flatMap(([path, manifest]) =>
      ['autoload', 'autoload-dev'].flatMap((field) =>
        Object.entries(fieldsOf(fieldsOf(manifest[field])['psr-4'])).map(([prefix, to]) => ({
          prefix: prefix.replace(/\\$/, ''),
          folders: stringsOf(to).flatMap((each) => joined(folderOf(path), each) ?? []),
        })),
      ),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length)
}

/** Follows `use` by PSR-4, or by the namespace a file declares, and `require` by its path. */
export function phpResolver(ground: Ground, roots: readonly Psr4Root[]): Resolver {
  const declared = new Map<string, string[]>()
  for (const file of ground.code) {
    if (file.language !== 'PHP') continue
    const [first = ''] = ground.importsOf(file)
    const told = /^\s*namespace\s+([\w\\]+)/.exec(first)?.[1]
    const namespace = told === undefined ? '' : `${told}\\`
    push(declared, `${namespace}${stemOf(file.path)}`, file.path)
  }
  const classOf = (name: string): string | undefined => {
    for (const { prefix, folders } of roots) {
      if (prefix !== '' && !name.startsWith(`${prefix}\\`)) continue
      const rest = `${name.slice(prefix === '' ? 0 : prefix.length + 1).replaceAll('\\', '/')}.php`
      const found = folders
        .map((folder) => joined(folder === '' ? '.' : folder, rest))
        .find((path) => path !== undefined && ground.has(path))
      if (found !== undefined) return found
    }
    return declared.get(name)?.[0]
  }
  const resolve = (name: string, kind: string): Resolution => {
    const holder = kind === '' ? name : name.replace(/\\[^\\]+$/, '')
    const path = classOf(holder)
    return internalOr(path === undefined ? [] : [path], () => {
      if (!name.includes('\\')) return STANDARD
      const top = name.split('\\')[0] ?? name
      return roots.some(({ prefix }) => prefix === top || prefix.startsWith(`${top}\\`)) ? nowhere(name) : external(top)
    })
  }
  return (file, statements) =>
    statements
      .flatMap((statement): readonly Resolution[] => {
        const [, kind = '', names] = /^use\s+(function\s+|const\s+)?([^]+?);?\s*$/.exec(statement) ?? []
        if (names !== undefined) return usedNames(names).map((name) => resolve(name, kind.trim()))
        const path = /(["'])([^"'\n]+\.(?:php|inc))\1/.exec(statement)?.[2]
        if (path === undefined) return []
        const found = [folderOf(file.path), '.']
          .map((folder) => joined(folder, path.replace(/^\//, '')))
          .find((each) => each !== undefined && ground.has(each))
        return [internalOr(found === undefined ? [] : [found], () => nowhere(path))]
      })
      .map((each) =>
        each.to === 'internal' ? { to: 'internal', paths: each.paths.filter((path) => path !== file.path) } : each,
      )
}

/** `A\{B, C as D}, E` as `A\B`, `A\C`, `E`. */
function usedNames(text: string): readonly string[] {
  const plain = (name: string): string =>
    name
      .replace(/\sas\s.*$/s, '')
      .trim()
      .replace(/^\\/, '')
  const group = /^([^{]*)\{([^}]*)\}/.exec(text)
  if (group === null)
    return text
      .split(',')
      .map(plain)
      .filter((name) => name !== '')
  const [, before = '', inside = ''] = group
  return inside
    .split(',')
    .map((name) => plain(before + name.trim()))
    .filter((name) => !name.endsWith('\\'))
}
