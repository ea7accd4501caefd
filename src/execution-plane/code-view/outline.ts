import type { IndexedSymbol } from '#execution-plane/code-index'
import type { TokenCounter } from '#execution-plane/context'
import type { RankedFunction } from '#ports'
import type { LineRange } from './line-range.ts'

const LONGEST_LINE = 120
/** Lines of a file without declarations that are shown instead of an outline. */
const HEAD_LINES = 30

interface Outline {
  readonly text: string
  readonly tokens: number
  /** Lines that are shown as they are, where the file declares nothing. */
  readonly head: LineRange | undefined
}

const NOTHING: Outline = { text: '', tokens: 0, head: undefined }

/**
 * What a file declares, a line each as it begins; where that is too much, the likely functions and what stands at the
 * top, then the rest. A file that declares nothing shows its beginning.
 */
export function outlineOf(
  sheet: { readonly lines: readonly string[]; readonly symbols: readonly IndexedSymbol[] },
  likely: readonly RankedFunction[],
  { counter, most }: { readonly counter: TokenCounter; readonly most: number },
): Outline {
  if (most <= 0) return NOTHING
  if (sheet.symbols.length === 0) return headOf(sheet.lines, { counter, most })
  const meant = new Set(likely.map(({ start_line }) => start_line))
  const rankOf = ({ start_line, container }: IndexedSymbol): number =>
    meant.has(start_line) ? 0 : container === undefined ? 1 : 2
  const order = [...new Map(sheet.symbols.map((symbol) => [symbol.start_line, symbol])).values()].sort(
    (a, b) => rankOf(a) - rankOf(b) || a.start_line - b.start_line,
  )
  const chosen: { readonly line: number; readonly text: string }[] = []
  let tokens = 0
  for (const { start_line } of order) {
    const text = `${start_line} ${(sheet.lines[start_line - 1] ?? '').trimEnd().slice(0, LONGEST_LINE)}`
    const cost = counter.count(text) + 1
    if (tokens + cost > most) break
    tokens += cost
    chosen.push({ line: start_line, text })
  }
  const left_out = order.length - chosen.length
  const told = chosen.sort((a, b) => a.line - b.line).map(({ text }) => text)
  if (told.length === 0) return NOTHING
  return {
    text: [...told, ...(left_out === 0 ? [] : [`… and ${left_out} more`])].join('\n'),
    tokens: tokens + 16,
    head: undefined,
  }
}

function headOf(
  lines: readonly string[],
  { counter, most }: { readonly counter: TokenCounter; readonly most: number },
) {
  let tokens = 0
  let end = 0
  for (const line of lines.slice(0, HEAD_LINES)) {
    tokens += counter.count(line) + 1
    if (tokens > most) break
    end += 1
  }
  return end === 0 ? NOTHING : { text: '', tokens: Math.min(tokens, most), head: { start: 1, end } }
}
