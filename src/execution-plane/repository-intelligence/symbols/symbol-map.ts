import type { SymbolMap } from '#ports'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import type { Imports } from '../imports/follow-imports.ts'

const MOST_FILES = 2_000
const MOST_OF_FILE = 200
const MOST_TOP = 60
/** Top symbols are looked for in so many of the most imported files; each name costs a search of the index. */
const LOOKED_AT = 80
const OF_ONE_FILE = 8
const TELLING: ReadonlySet<string> = new Set(['class', 'interface', 'type', 'enum', 'implementation', 'function'])

/** What is declared where, and which declarations most files name. */
export function symbolMapOf(ground: Ground, imports: Imports): SymbolMap {
  const kinds = new Map<string, number>()
  const files = ground.code.flatMap(({ path }) => {
    const symbols = ground.symbolsOf(path)
    for (const { kind } of symbols) count(kinds, kind)
    return symbols.length === 0 ? [] : [{ path, symbols }]
  })
  return {
    version: 1,
    commit: ground.commit,
    symbols: files.reduce((sum, { symbols }) => sum + symbols.length, 0),
    kinds: Object.fromEntries(mostFirst(kinds)),
    top: bounded(topOf(ground, imports), MOST_TOP),
    files: {
      entries: files.slice(0, MOST_FILES).map(({ path, symbols }) => ({
        path,
        symbols: bounded(
          symbols.map((each) => ({ ...each, container: each.container ?? null })),
          MOST_OF_FILE,
        ),
      })),
      more: Math.max(0, files.length - MOST_FILES),
    },
  }
}

function topOf(ground: Ground, imports: Imports): SymbolMap['top']['entries'] {
  const sources = ground.code.filter(({ kind }) => kind === 'source')
  const importers = (path: string) => imports.by.get(path)?.length ?? 0
  const most = sources
    .toSorted((a, b) => importers(b.path) - importers(a.path) || b.lines - a.lines)
    .slice(0, LOOKED_AT)
  const found = most.flatMap(({ path }) => {
    const symbols = ground.symbolsOf(path)
    const modules = new Set<string | undefined>(symbols.filter(({ kind }) => kind === 'module').map(({ name }) => name))
    const own = symbols.filter(
      ({ kind, container, name }) =>
        TELLING.has(kind) && name.length > 2 && (container === undefined || modules.has(container)),
    )
    const longest = own
      .toSorted((a, b) => b.end_line - b.start_line - (a.end_line - a.start_line))
      .slice(0, OF_ONE_FILE)
    return longest.map(({ name, kind }) => ({ name, kind, path, named_in: ground.pathsWith(name).length }))
  })
  const seen = new Set<string>()
  return found
    .sort((a, b) => b.named_in - a.named_in || (a.name < b.name ? -1 : 1))
    .filter(({ name }) => !seen.has(name) && seen.add(name) !== undefined)
}
