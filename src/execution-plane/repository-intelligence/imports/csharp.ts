import type { Ground, MappedFile } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { inTurns } from '../ground/in-turns.ts'
import { external, STANDARD, type Resolution, type Resolver } from './resolution.ts'

const TYPES: ReadonlySet<string> = new Set(['class', 'interface', 'enum', 'type'])
const STANDARD_NAMESPACES = /^(System|Microsoft\.(CSharp|Win32|VisualBasic))(\.|$)/
/** Types of one file that are looked for in others. */
const MOST_TYPES = 20
/** A name that more files declare tells none of them apart. */
const MOST_OF_NAME = 40

/**
 * Follows `using` to the files of a namespace that declare a type which stands in the using file as a word; a file's own
 * namespace and those around it need no `using`.
 */
export async function csharpResolver(ground: Ground): Promise<Resolver> {
  const files = ground.code.filter(({ language }) => language === 'C#')
  const namespace_of = new Map(files.map((file) => [file.path, namespaceOf(ground.importsOf(file))]))
  const namespaces = new Set([...new Set(namespace_of.values())].flatMap(around))
  const users = await usesOf(ground, files)
  return (file, statements) => {
    const used = usings(statements)
    const open = new Set([...used, ...around(namespace_of.get(file.path) ?? '')])
    const paths = (users.get(file.path) ?? []).filter((path) => open.has(namespace_of.get(path) ?? ''))
    const others = used.flatMap((name): readonly Resolution[] => {
      if (namespaces.has(name)) return []
      return [STANDARD_NAMESPACES.test(name) ? STANDARD : external(name.split('.').slice(0, 2).join('.'))]
    })
    return paths.length > 0 ? [{ to: 'internal', paths: [...new Set(paths)] }, ...others] : others
  }
}

const namespaceOf = (statements: readonly string[]): string =>
  statements.flatMap((text) => /^\s*namespace\s+([\w.]+)/.exec(text)?.[1] ?? [])[0] ?? ''

const usings = (statements: readonly string[]): readonly string[] =>
  statements.flatMap((text) => /^(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?([\w.]+)\s*;/.exec(text)?.[1] ?? [])

/** A namespace and all that hold it, the nameless one last. */
function around(namespace: string): readonly string[] {
  const parts = namespace.split('.')
  return [...parts.map((_, at) => parts.slice(0, parts.length - at).join('.')), '']
}

/** By file: those that declare a type it names. */
async function usesOf(ground: Ground, files: readonly MappedFile[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const uses = new Map<string, string[]>()
  const own = new Set(files.map(({ path }) => path))
  const declaring = new Map<string, string[]>()
  await inTurns(files, ({ path }) => {
    const types = ground.symbolsOf(path).filter(({ kind, container }) => TYPES.has(kind) && container === undefined)
    for (const name of new Set(types.slice(0, MOST_TYPES).map((type) => type.name))) push(declaring, name, path)
  })
  await inTurns(declaring, ([name, paths]) => {
    if (paths.length > MOST_OF_NAME) return
    for (const user of ground.pathsWith(name))
      if (own.has(user)) for (const path of paths) if (user !== path) push(uses, user, path)
  })
  return uses
}
