import type { SymbolMap } from '#ports'
import type { IndexedSymbol } from '#execution-plane/code-index'
import { isAside } from '../ground/aside.ts'
import { bounded, count, mostFirst, push } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { folderOf } from '../ground/path-parts.ts'
import type { Imports } from '../imports/follow-imports.ts'
import { relationsOf } from './relations.ts'

const MOST_FILES = 2_000
const MOST_OF_FILE = 200
const MOST_TOP = 60
const MOST_RELATIONS = 2_000
/** Top symbols are looked for in so many of the most imported files; each name costs a search of the index. */
const LOOKED_AT = 80
const OF_ONE_FILE = 8
/** Importers beyond these are not gone through for what passes a declaration on. */
const MOST_IMPORTERS = 3_000
const TELLING: ReadonlySet<string> = new Set(['class', 'interface', 'type', 'enum', 'implementation', 'function'])

/** What is declared where, what the types of it say of each other, and which declarations most files use. */
export async function symbolMapOf(ground: Ground, imports: Imports): Promise<SymbolMap> {
  const kinds = new Map<string, number>()
  const files: { readonly path: string; readonly symbols: readonly IndexedSymbol[] }[] = []
  let number = 0
  await inTurns(ground.code, ({ path }) => {
    const symbols = ground.symbolsOf(path)
    for (const { kind } of symbols) count(kinds, kind)
    number += symbols.length
    if (symbols.length > 0) files.push({ path, symbols })
  })
  const entries: SymbolMap['files']['entries'][number][] = []
  await inTurns(files.slice(0, MOST_FILES), ({ path, symbols }) => {
    const shown = symbols.slice(0, MOST_OF_FILE).map((each) => ({ ...each, container: each.container ?? null }))
    entries.push({ path, symbols: { entries: shown, more: symbols.length - shown.length } })
  })
  return {
    version: 1,
    commit: ground.commit,
    symbols: number,
    kinds: Object.fromEntries(mostFirst(kinds)),
    top: bounded(await topOf(ground, imports), MOST_TOP),
    relations: bounded(await relationsOf(ground, imports), MOST_RELATIONS),
    files: { entries, more: files.length - entries.length },
  }
}

async function topOf(ground: Ground, imports: Imports): Promise<SymbolMap['top']['entries']> {
  const sources = ground.code.filter(({ kind, path }) => kind === 'source' && imports.by.has(path) && !isAside(path))
  const importers = (path: string) => imports.by.get(path)?.length ?? 0
  const most = sources
    .map((file) => ({ file, number: importers(file.path) }))
    .toSorted((a, b) => b.number - a.number || b.file.lines - a.file.lines)
    .slice(0, LOOKED_AT)
  const found: SymbolMap['top']['entries'][number][] = []
  const of_go = new Map<string, string[]>()
  for (const { path, language } of ground.code) if (language === 'Go') push(of_go, folderOf(path), path)
  await inTurns(most, ({ file: { path } }) => {
    const users = new Set([...usersOf(path, imports), ...((path.endsWith('.go') && of_go.get(folderOf(path))) || [])])
    users.delete(path)
    for (const { name, kind } of declaredIn(ground, path)) {
      const named_in = ground.pathsWith(name).reduce((sum, each) => sum + Number(users.has(each)), 0)
      if (named_in > 0) found.push({ name, kind, path, named_in })
    }
  })
  const seen = new Set<string>()
  return found
    .sort((a, b) => b.named_in - a.named_in || (a.name < b.name ? -1 : 1))
    .filter(({ name }) => !seen.has(name) && seen.add(name) !== undefined)
}

/** The longest declarations of a file that others can see. */
function declaredIn(ground: Ground, path: string): readonly IndexedSymbol[] {
  const symbols = ground.symbolsOf(path)
  const modules = new Set<string | undefined>(symbols.filter(({ kind }) => kind === 'module').map(({ name }) => name))
  return symbols
    .filter(
      ({ kind, container, name }) =>
        TELLING.has(kind) && name.length > 2 && (container === undefined || modules.has(container)),
    )
    .toSorted((a, b) => b.end_line - b.start_line - (a.end_line - a.start_line))
    .slice(0, OF_ONE_FILE)
}

/** Files that import another, or what passes its declarations on: an index, a package's `__init__`. */
function usersOf(path: string, { by }: Imports): ReadonlySet<string> {
  const users = new Set(by.get(path) ?? [])
  for (const importer of (by.get(path) ?? []).slice(0, MOST_IMPORTERS))
    if (PASSES_ON.test(importer)) for (const each of (by.get(importer) ?? []).slice(0, MOST_IMPORTERS)) users.add(each)
  return users
}

const PASSES_ON = /(^|\/)(index\.[cm]?[jt]sx?|__init__\.pyi?|mod\.rs|lib\.rs)$/
