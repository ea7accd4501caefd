import type { CodeIndex, IndexedSymbol } from '#execution-plane/code-index'
import type { CodeSlice, TokenCounter } from '#execution-plane/context'
import type { RankedFile } from '#ports'
import { writeRanges, type LineRange } from './line-range.ts'
import { outlineOf } from './outline.ts'

/** What may be packed. */
interface Packing {
  readonly index: CodeIndex
  /** Best first. */
  readonly ranked: readonly RankedFile[]
  readonly read: (blob: string) => Promise<Uint8Array | undefined>
  readonly counter: TokenCounter
  /** Tokens of all slices together, with what each is wrapped in. */
  readonly room: number
  /** Absent: those that were fitted. */
  readonly shares?: Shares
}

/** How room is shared. */
export interface Shares {
  /** Files that are shown at all, best first. */
  readonly files: number
  /** Of the room, for outlines and beginnings of files. */
  readonly outlines: number
  /** No outline is longer, in tokens. */
  readonly outline: number
  /** Of the room, the most that one file's bodies may take; each next file has `decay` of the one before. */
  readonly first: number
  readonly decay: number
  /** What a function of the next file is worth of one that fits as well. */
  readonly fades: number
}

/** Fitted by `bench/packed-context.ts`. */
export const SHARES: Shares = { files: 40, outlines: 0.3, outline: 110, first: 0.5, decay: 0.8, fades: 0.85 }

/** Lines from which on a body is shown in part. */
const LONGEST_BODY = 160

/** Tag, heading, line ends and the name of a file in it. */
const AROUND = 46
/** Ranges nearer than this are shown as one. */
const NEAR = 4

interface Sheet {
  readonly file: RankedFile
  readonly blob: string
  readonly lines: readonly string[]
  readonly symbols: readonly IndexedSymbol[]
  readonly whole: number
  readonly around: number
  readonly taken: LineRange[]
  outline: string
  spent: number
}

/**
 * Chooses what of the likely files is shown: outlines of many, so that what is meant can be found by one look, and the
 * bodies of the functions that fit best, fewer for each next file. A file that costs little is shown whole. Equal
 * questions give equal slices, which are in the order of the files.
 */
export async function packSlices(packing: Packing): Promise<readonly CodeSlice[]> {
  const sheets = await sheetsOf(packing)
  let left = packing.room - outlines(sheets, packing)
  left = wholes(sheets, left, packing)
  bodies(sheets, left, packing)
  return sheets.flatMap((sheet) => sliceOf(sheet))
}

async function sheetsOf({ index, ranked, read, counter, shares = SHARES }: Packing): Promise<readonly Sheet[]> {
  const by_path = new Map(index.files.map((file) => [file.path, file]))
  const decoder = new TextDecoder()
  const found = await Promise.all(
    ranked.slice(0, shares.files).map(async (file): Promise<readonly Sheet[]> => {
      const entry = by_path.get(file.path)
      const bytes = entry === undefined ? undefined : await read(entry.blob)
      if (entry === undefined || bytes === undefined || bytes.includes(0)) return []
      const text = decoder.decode(bytes)
      const lines = text.split('\n')
      if (lines.at(-1) === '') lines.pop()
      const around = AROUND + 2 * counter.count(file.path)
      const whole = counter.count(text)
      const symbols = index.symbolsOf(entry)
      return [{ file, blob: entry.blob, lines, symbols, whole, around, taken: [], outline: '', spent: 0 }]
    }),
  )
  return found.flat()
}

/** Gives each file its outline, as long as there is room; what that costs. */
function outlines(sheets: readonly Sheet[], { counter, room, shares = SHARES }: Packing): number {
  let spent = 0
  for (const sheet of sheets) {
    const most = Math.min(shares.outline, room * shares.outlines - spent - sheet.around)
    const outline = outlineOf(sheet, sheet.file.functions, { counter, most })
    if (outline.tokens === 0) continue
    sheet.outline = outline.text
    if (outline.head !== undefined) sheet.taken.push(outline.head)
    sheet.spent = outline.tokens + sheet.around
    spent += sheet.spent
  }
  return spent
}

const capOf = (at: number, { room, shares = SHARES }: Packing): number => room * shares.first * shares.decay ** at

/** Shows files whole that cost little more than their share. */
function wholes(sheets: readonly Sheet[], left: number, packing: Packing): number {
  let rest = left
  for (const [at, sheet] of sheets.entries()) {
    const cost = sheet.whole + sheet.around - sheet.spent
    if (sheet.lines.length === 0 || cost > Math.min(rest, capOf(at, packing) * 0.5)) continue
    sheet.taken.splice(0, sheet.taken.length, { start: 1, end: sheet.lines.length })
    sheet.outline = ''
    sheet.spent += cost
    rest -= cost
  }
  return rest
}

/** Shows bodies of functions, the worthiest first. */
function bodies(sheets: readonly Sheet[], left: number, packing: Packing): void {
  const { counter, shares = SHARES } = packing
  const wanted = sheets
    .flatMap((sheet, at) =>
      sheet.file.functions.map((each) => ({ sheet, at, each, worth: each.score * shares.fades ** at })),
    )
    .sort((a, b) => b.worth - a.worth || a.at - b.at || a.each.start_line - b.each.start_line)
  let rest = left
  const bodied = new Map<Sheet, number>()
  for (const { sheet, at, each } of wanted) {
    const range = bodyOf(sheet, each)
    if (sheet.taken.some(({ start, end }) => start <= range.start && range.end <= end)) continue
    const first = sheet.spent === 0 ? sheet.around : 0
    const cost = counter.count(sheet.lines.slice(range.start - 1, range.end).join('\n')) + first + 10
    const so_far = bodied.get(sheet) ?? 0
    if (cost > rest || so_far + cost > capOf(at, packing)) continue
    sheet.taken.push(range)
    sheet.spent += cost
    bodied.set(sheet, so_far + cost)
    rest -= cost
  }
}

/** A class is shown up to its first member, a long function up to its middle. */
function bodyOf({ symbols }: Sheet, { start_line, end_line }: RankedFile['functions'][number]): LineRange {
  const inside = symbols.filter((symbol) => symbol.start_line > start_line && symbol.end_line <= end_line)
  const long = end_line - start_line >= LONGEST_BODY
  const first = inside.reduce((least, symbol) => Math.min(least, symbol.start_line), Number.POSITIVE_INFINITY)
  const end = long && Number.isFinite(first) ? Math.max(start_line, first - 1) : end_line
  return { start: start_line, end: Math.min(end, start_line + LONGEST_BODY - 1) }
}

function sliceOf({ file, blob, lines, taken, outline }: Sheet): readonly CodeSlice[] {
  if (taken.length === 0 && outline === '') return []
  const ranges = merged(taken)
  const shown = ranges.map(({ start, end }) => {
    const text = lines.slice(start - 1, end).join('\n')
    return ranges.length === 1 && outline === '' ? text : `[lines ${start}-${end}]\n${text}`
  })
  const text = [...shown, ...(outline === '' ? [] : [`[declared in it, by line]\n${outline}`])].join('\n')
  return [{ path: file.path, blob, line_range: writeRanges(ranges), text, reasons: file.reasons }]
}

function merged(ranges: readonly LineRange[]): readonly LineRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start || a.end - b.end)
  const found: LineRange[] = []
  for (const range of sorted) {
    const last = found.at(-1)
    if (last === undefined || range.start > last.end + NEAR) found.push(range)
    else found.splice(-1, 1, { start: last.start, end: Math.max(last.end, range.end) })
  }
  return found
}
