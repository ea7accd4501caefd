import { ok, refuse, type Result } from '#domain/result'
import { Query, type QueryCapture } from 'web-tree-sitter'
import type { SyntaxLanguage } from './language.ts'
import { OUTLINE_QUERIES } from './outline-queries.ts'
import { grammarOf, MAX_SOURCE_CHARACTERS, parsed, type SyntaxRefusal } from './with-tree.ts'

/** What a declaration declares. */
export type SymbolKind =
  | 'class'
  | 'interface'
  | 'type'
  | 'enum'
  | 'module'
  | 'implementation'
  | 'function'
  | 'method'
  | 'field'
  | 'constant'

/** One declaration. Lines count from 1 and include both ends. */
export interface OutlineSymbol {
  readonly name: string
  readonly kind: SymbolKind
  readonly start_line: number
  readonly end_line: number
}

/** What a source declares and names: symbols in their order, the texts of its imports, and its package where it has one. */
export interface Outline {
  readonly symbols: readonly OutlineSymbol[]
  readonly imports: readonly string[]
  readonly package: string | undefined
}

const KINDS: ReadonlySet<string> = new Set<SymbolKind>([
  'class',
  'interface',
  'type',
  'enum',
  'module',
  'implementation',
  'function',
  'method',
  'field',
  'constant',
])
const isKind = (name: string): name is SymbolKind => KINDS.has(name)
/** A statement that imports longer lists than this is cut: what it imports from stands in its beginning or its end. */
const LONGEST_IMPORT = 4_000
/** Declarations kept of one source; sources written by people have a few hundred. */
const MOST_SYMBOLS = 20_000

const queries = new Map<SyntaxLanguage, Promise<Query>>()

function queryOf(language: SyntaxLanguage): Promise<Query> {
  const known = queries.get(language)
  if (known !== undefined) return known
  const made = grammarOf(language).then((grammar) => new Query(grammar, OUTLINE_QUERIES[language]))
  queries.set(language, made)
  return made
}

/**
 * The outline of a source, by one query over its tree: nothing of the tree is copied, so it costs a third of
 * `withTree`. Refuses what `withTree` refuses; broken code has the declarations that the parser could save.
 */
export async function outlineOf(language: SyntaxLanguage, source: string): Promise<Result<Outline, SyntaxRefusal>> {
  if (source.length > MAX_SOURCE_CHARACTERS) return refuse('source_too_large')
  const query = await queryOf(language)
  const found = parsed(await grammarOf(language), source, (root, late) =>
    read(query.captures(root, { progressCallback: late })),
  )
  return typeof found === 'string' ? refuse(found) : ok(found)
}

/** A capture of a whole declaration stands right before that of its name, whichever pattern found them. */
function read(captures: readonly QueryCapture[]): Outline {
  const symbols: OutlineSymbol[] = []
  const imports: string[] = []
  let named: string | undefined
  const open: { kind: SymbolKind; start_line: number; end_line: number }[] = []
  for (const { name, node } of captures) {
    if (name === 'import') imports.push(node.text.slice(0, LONGEST_IMPORT))
    else if (name === 'package') named ??= node.text.slice(0, LONGEST_IMPORT)
    else if (isKind(name))
      open.push({ kind: name, start_line: node.startPosition.row + 1, end_line: node.endPosition.row + 1 })
    else {
      const declared = open.pop()
      if (declared !== undefined && symbols.length < MOST_SYMBOLS)
        symbols.push({ name: shortName(node.text), ...declared })
    }
  }
  return { symbols, imports, package: named }
}

/** `ns::Type<T>::call` is declared as `call`, `#secret` as `secret`. */
const shortName = (text: string): string =>
  (/[\p{L}\p{N}_$~?!=]+$/u.exec(text.replace(/<[^<>]*>/g, ''))?.[0] ?? text).slice(0, 200)
