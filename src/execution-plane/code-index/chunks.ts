import type { OutlineSymbol } from '#syntax'

const CALLABLE: ReadonlySet<string> = new Set(['function', 'method'])
const CONTAINER: ReadonlySet<string> = new Set(['class', 'interface', 'implementation', 'enum', 'module', 'type'])

/** How the lines of a file fall into chunks. */
interface Chunks {
  /** By line, from 0: the number of its chunk. Chunk 0 is what stands in no declaration. */
  readonly of_line: Uint32Array
  /** By chunk, from 1: the index of the symbol it belongs to. */
  readonly symbols: readonly number[]
  /** By symbol: the index of the container it stands in, or -1. */
  readonly containers: Int32Array
}

/**
 * Cuts a file where a reader would: each outermost function or method is a chunk, what else stands in a class is one,
 * and the rest of the file is one. A function in a function belongs to the outer one.
 */
export function chunksOf(symbols: readonly OutlineSymbol[], lines: number): Chunks {
  const of_line = new Uint32Array(lines)
  const containers = new Int32Array(symbols.length).fill(-1)
  const chunk_symbols: number[] = []
  const open: number[] = []
  let callable_end = 0
  for (const at of inOrder(symbols)) {
    const symbol = symbols[at]
    if (symbol === undefined) continue
    while (open.length > 0 && (symbols[open.at(-1) ?? 0]?.end_line ?? 0) < symbol.start_line) open.pop()
    containers[at] = open.at(-1) ?? -1
    const callable = CALLABLE.has(symbol.kind)
    if (!callable && !CONTAINER.has(symbol.kind)) continue
    open.push(at)
    if (symbol.start_line <= callable_end) continue
    chunk_symbols.push(at)
    of_line.fill(chunk_symbols.length, symbol.start_line - 1, symbol.end_line)
    if (callable) callable_end = symbol.end_line
  }
  return { of_line, symbols: chunk_symbols, containers }
}

/** By start; of two that begin on one line the longer first. */
const inOrder = (symbols: readonly OutlineSymbol[]): readonly number[] =>
  symbols
    .map((_, index) => index)
    .sort((a, b) => {
      const [one, other] = [symbols[a], symbols[b]]
      if (one === undefined || other === undefined) return 0
      return one.start_line - other.start_line || other.end_line - one.end_line || a - b
    })
