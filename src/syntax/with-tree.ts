import { ok, refuse, type Result } from '#domain/result'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Language, Parser, type TreeCursor } from 'web-tree-sitter'
import type { SyntaxLanguage } from './language.ts'
import type { SyntaxNode } from './syntax-node.ts'

/** Longest text that is parsed. The longest source of CPython, 16,000 lines by hand, has 0.6 million characters. */
export const MAX_SOURCE_CHARACTERS = 2_000_000
/** Nodes kept of one tree; 2,000,000 characters of ordinary code have about 900,000. */
const MAX_NODES = 1_500_000
/** Levels kept of one tree: what is nested deeper is cut, so that whoever walks a tree may recurse. */
const MAX_DEPTH = 400
/** A parser that recovers from nonsense may take long; ordinary code takes 0.3 s at most. */
const MAX_MILLISECONDS = 10_000

/** Why a text has no tree. */
type SyntaxRefusal = 'source_too_large' | 'source_too_slow'

/**
 * Parses a text and hands its tree to `work`. The parser's memory is given back before `work` begins, so whatever it
 * does, nothing stays. A text that does not parse is a tree with broken nodes; one that is too large, or that takes the
 * parser longer than ten seconds, is refused. Grammars are read once, when first asked for.
 */
export async function withTree<T>(
  language: SyntaxLanguage,
  source: string,
  work: (root: SyntaxNode) => T,
): Promise<Result<T, SyntaxRefusal>> {
  if (source.length > MAX_SOURCE_CHARACTERS) return refuse('source_too_large')
  const root = parse(await grammarOf(language), source)
  return typeof root === 'string' ? refuse(root) : ok(work(root))
}

const wasm = createRequire(import.meta.url)
const grammars = new Map<SyntaxLanguage, Promise<Language>>()
let runtime: Promise<void> | undefined

function grammarOf(language: SyntaxLanguage): Promise<Language> {
  const known = grammars.get(language)
  if (known !== undefined) return known
  const loading = loadGrammar(language)
  grammars.set(language, loading)
  return loading
}

async function loadGrammar(language: SyntaxLanguage): Promise<Language> {
  runtime ??= Parser.init()
  await runtime
  const folder = dirname(wasm.resolve('@vscode/tree-sitter-wasm/package.json'))
  const name = language === 'csharp' ? 'c-sharp' : language
  return Language.load(join(folder, 'wasm', `tree-sitter-${name}.wasm`))
}

function parse(grammar: Language, source: string): SyntaxNode | SyntaxRefusal {
  const deadline = performance.now() + MAX_MILLISECONDS
  const parser = new Parser()
  try {
    parser.setLanguage(grammar)
    const tree = parser.parse(source, null, { progressCallback: () => performance.now() > deadline })
    if (tree === null) return 'source_too_slow'
    try {
      const cursor = tree.walk()
      try {
        return copied(cursor, source) ?? 'source_too_large'
      } finally {
        cursor.delete()
      }
    } finally {
      tree.delete()
    }
  } finally {
    parser.delete()
  }
}

/** A node whose children are still being added. */
class Copy implements SyntaxNode {
  readonly type: string
  readonly named: boolean
  readonly field: string | undefined
  readonly start: number
  readonly end: number
  readonly line: number
  readonly end_line: number
  readonly broken: boolean
  readonly parent: Copy | undefined
  readonly children: Copy[] = []
  readonly #source: string

  constructor(cursor: TreeCursor, parent: Copy | undefined, source: string) {
    this.type = cursor.nodeType
    this.named = cursor.nodeIsNamed
    this.field = cursor.currentFieldName ?? undefined
    this.start = cursor.startIndex
    this.end = cursor.endIndex
    this.line = cursor.startPosition.row + 1
    this.end_line = cursor.endPosition.row + 1
    this.broken = this.type === 'ERROR' || cursor.nodeIsMissing
    this.parent = parent
    this.#source = source
  }

  get text(): string {
    return this.#source.slice(this.start, this.end)
  }
}

/** The tree as plain values, or nothing when it has too many nodes. Without recursion: depth is the author's. */
function copied(cursor: TreeCursor, source: string): SyntaxNode | undefined {
  const root = new Copy(cursor, undefined, source)
  let node = root
  let depth = 0
  for (let count = 1; count <= MAX_NODES; count++) {
    if (depth < MAX_DEPTH && cursor.gotoFirstChild()) {
      depth += 1
      node = attached(cursor, node, source)
      continue
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent() || node.parent === undefined) return root
      node = node.parent
      depth -= 1
    }
    if (node.parent === undefined) return root
    node = attached(cursor, node.parent, source)
  }
  return undefined
}

function attached(cursor: TreeCursor, parent: Copy, source: string): Copy {
  const node = new Copy(cursor, parent, source)
  parent.children.push(node)
  return node
}
