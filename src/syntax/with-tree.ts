import { ok, refuse, type Result } from '#domain/result'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Language, Parser, type Node, type TreeCursor } from 'web-tree-sitter'
import type { SyntaxLanguage } from './language.ts'
import type { SyntaxNode } from './syntax-node.ts'

/** Longest text that is parsed. The longest source of CPython, 16,000 lines by hand, has 0.6 million characters. */
export const MAX_SOURCE_CHARACTERS = 2_000_000
/** Nodes kept of one tree; 2,000,000 characters of ordinary code have about 900,000. */
const MAX_NODES = 1_500_000
/** Levels kept of one tree: what is nested deeper is cut, so that whoever walks a tree may recurse. */
const MAX_DEPTH = 400
/**
 * Processor time that one text may take of its thread. Recovering from nonsense may take long, and so may walking what
 * came of it: 100,000 open brackets are parsed at once and take a query 50 s. Ordinary code takes 0.5 s at most.
 */
const MOST_MILLISECONDS = 5_000

/** Why a text has no tree. */
export type SyntaxRefusal = 'source_too_large' | 'source_too_slow'

/**
 * Parses a text and hands its tree to `work`. The parser's memory is given back before `work` begins, so whatever it
 * does, nothing stays. A text that does not parse is a tree with broken nodes; one that is too large, or that takes the
 * parser longer than five seconds, is refused. Grammars are read once, when first asked for.
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

/** The grammar of a language, read once. */
export function grammarOf(language: SyntaxLanguage): Promise<Language> {
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
  return parsed(grammar, source, (root) => {
    const cursor = root.walk()
    try {
      return copied(cursor, textOf(source)) ?? 'source_too_large'
    } finally {
      cursor.delete()
    }
  })
}

/** True once this thread has spent on a text what one may take. */
type Late = () => boolean

/** Counted in the thread's own processor time, so that a busy machine refuses nothing that a quiet one reads. */
function deadline(): Late {
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  const end = spent() + MOST_MILLISECONDS * 1_000
  return () => spent() > end
}

/**
 * Parses a text and gives what `read` makes of its root, which must not outlive the call. `read` is told when it has
 * become late, and then what it gave is not taken.
 */
export function parsed<T>(grammar: Language, source: string, read: (root: Node, late: Late) => T): T | SyntaxRefusal {
  const late = deadline()
  const parser = new Parser()
  try {
    parser.setLanguage(grammar)
    const tree = parser.parse(source, null, { progressCallback: late })
    if (tree === null) return 'source_too_slow'
    try {
      const made = read(tree.rootNode, late)
      return late() ? 'source_too_slow' : made
    } finally {
      tree.delete()
    }
  } finally {
    parser.delete()
  }
}

/** What all nodes of one tree share. */
interface Text {
  readonly source: string
  /** Offset at which each line begins. */
  readonly starts: readonly number[]
  /** By the number of a type: what it is called, and whether it is named. */
  readonly types: Map<number, NodeType>
}

interface NodeType {
  readonly type: string
  readonly named: boolean
}

function textOf(source: string): Text {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return { source, starts, types: new Map() }
}

/** Each question to a cursor is a call into the parser, so what a type's number tells is asked once. */
function typeAt(cursor: TreeCursor, { types }: Text): NodeType {
  const id = cursor.nodeTypeId
  const known = types.get(id)
  if (known !== undefined) return known
  const made = { type: cursor.nodeType, named: cursor.nodeIsNamed }
  types.set(id, made)
  return made
}

/** The line of an offset, 1-based. */
function lineAt({ starts }: Text, offset: number): number {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** A node whose children are still being added. */
class Copy implements SyntaxNode {
  readonly type: string
  readonly named: boolean
  readonly field: string | undefined
  readonly start: number
  readonly end: number
  readonly broken: boolean
  readonly parent: Copy | undefined
  readonly children: Copy[] = []
  readonly #of: Text

  constructor(cursor: TreeCursor, parent: Copy | undefined, of: Text) {
    const { type, named } = typeAt(cursor, of)
    this.type = type
    this.named = named
    this.field = cursor.currentFieldName ?? undefined
    this.start = cursor.startIndex
    this.end = cursor.endIndex
    // What the parser put in has no width.
    this.broken = type === 'ERROR' || (this.start === this.end && cursor.nodeIsMissing)
    this.parent = parent
    this.#of = of
  }

  get line(): number {
    return lineAt(this.#of, this.start)
  }

  get end_line(): number {
    return lineAt(this.#of, this.end)
  }

  get text(): string {
    return this.#of.source.slice(this.start, this.end)
  }
}

/** The tree as plain values, or nothing when it has too many nodes. Without recursion: depth is the author's. */
function copied(cursor: TreeCursor, of: Text): SyntaxNode | undefined {
  const root = new Copy(cursor, undefined, of)
  let node = root
  let depth = 0
  for (let count = 1; count <= MAX_NODES; count++) {
    if (depth < MAX_DEPTH && cursor.gotoFirstChild()) {
      depth += 1
      node = attached(cursor, node, of)
      continue
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent() || node.parent === undefined) return root
      node = node.parent
      depth -= 1
    }
    if (node.parent === undefined) return root
    node = attached(cursor, node.parent, of)
  }
  return undefined
}

function attached(cursor: TreeCursor, parent: Copy, of: Text): Copy {
  const node = new Copy(cursor, parent, of)
  parent.children.push(node)
  return node
}
