import type { KeptLine } from './kept-line.ts'
import { SIGN } from './line-signs.ts'
import { worthOf } from './line-worth.ts'

/** Signs whose nearest neighbours above and below tell whether a line belongs to a failure. */
const NEAR = [
  SIGN.exit,
  SIGN.command_ended,
  SIGN.failed_test,
  SIGN.assertion,
  SIGN.compiler,
  SIGN.exception,
  SIGN.frame,
  SIGN.missing,
  SIGN.summary,
  SIGN.tool_error | SIGN.prefixed,
  SIGN.weak_fail,
  SIGN.weak_error,
  SIGN.passed,
  SIGN.progress,
  SIGN.command,
  SIGN.rule,
  SIGN.blank,
  SIGN.red,
  SIGN.diff,
  SIGN.lint,
  SIGN.place,
  SIGN.fold,
  SIGN.trace_head,
] as const
const STRONG =
  SIGN.failed_test |
  SIGN.assertion |
  SIGN.compiler |
  SIGN.exception |
  SIGN.tool_error |
  SIGN.prefixed |
  SIGN.killed |
  SIGN.lint
const COUNTED = [
  STRONG,
  SIGN.passed | SIGN.progress,
  SIGN.frame | SIGN.place,
  SIGN.weak_fail | SIGN.weak_error,
] as const
const SPANS = [3, 8, 25] as const
const BITS = 32
const FAR = 60

/** How many numbers describe a line. */
export const FEATURES = BITS + NEAR.length * 2 + COUNTED.length * SPANS.length * 2 + 30 + 20

/** The features of all kept lines, line by line in one array. */
export function featuresOf(lines: readonly KeptLine[], total_lines: number): Float32Array {
  const rows = new Float32Array(lines.length * FEATURES)
  let at = bits(lines, rows)
  at = nearest(lines, rows, at)
  at = counted(lines, rows, at)
  at = placed(lines, rows, { at, total_lines })
  at = ends(lines, rows, at)
  at = shaped(lines, rows, at)
  at = blocks(lines, rows, at)
  at = worths(lines, rows, at)
  return rows
}

const set = (rows: Float32Array, row: number, at: number, value: number): void => {
  rows[row * FEATURES + at] = value
}
const log2 = (value: number): number => Math.log2(1 + Math.max(0, value))

function bits(lines: readonly KeptLine[], rows: Float32Array): number {
  for (const [row, { signs }] of lines.entries())
    for (let bit = 0; bit < BITS; bit++) set(rows, row, bit, (signs >>> bit) & 1)
  return BITS
}

/** How far the nearest line with a sign is above and below, in lines of the log. */
function nearest(lines: readonly KeptLine[], rows: Float32Array, from: number): number {
  for (const [index, sign] of NEAR.entries()) {
    const at = from + index * 2
    let last = Number.NEGATIVE_INFINITY
    for (const [row, line] of lines.entries()) {
      set(rows, row, at, Math.min(FAR, line.number - last))
      if ((line.signs & sign) !== 0) last = line.number
    }
    last = Number.POSITIVE_INFINITY
    for (let row = lines.length - 1; row >= 0; row--) {
      const line = lines[row]
      if (line === undefined) continue
      set(rows, row, at + 1, Math.min(FAR, last - line.number))
      if ((line.signs & sign) !== 0) last = line.number
    }
  }
  return from + NEAR.length * 2
}

/** How many of the lines close above and below have a sign of a kind. */
function counted(lines: readonly KeptLine[], rows: Float32Array, from: number): number {
  const sums = new Int32Array(lines.length + 1)
  let at = from
  for (const kind of COUNTED) {
    for (const [row, line] of lines.entries()) sums[row + 1] = (sums[row] ?? 0) + ((line.signs & kind) === 0 ? 0 : 1)
    for (const span of SPANS) {
      for (let row = 0; row < lines.length; row++) {
        set(rows, row, at, (sums[row] ?? 0) - (sums[Math.max(0, row - span)] ?? 0))
        set(rows, row, at + 1, (sums[Math.min(lines.length, row + 1 + span)] ?? 0) - (sums[row + 1] ?? 0))
      }
      at += 2
    }
  }
  return at
}

/** Where the line stands in the log, and which of the telling lines it is: the first, the last, one of many. */
function placed(
  lines: readonly KeptLine[],
  rows: Float32Array,
  { at, total_lines }: { readonly at: number; readonly total_lines: number },
): number {
  const kinds = [STRONG, SIGN.failed_test, SIGN.exception | SIGN.compiler] as const
  for (const [row, line] of lines.entries()) {
    set(rows, row, at, log2(total_lines - line.number))
    set(rows, row, at + 1, line.number / Math.max(1, total_lines))
    set(rows, row, at + 2, log2(total_lines))
  }
  for (const [index, kind] of kinds.entries()) {
    const all = lines.reduce((sum, line) => sum + ((line.signs & kind) === 0 ? 0 : 1), 0)
    let before = 0
    for (const [row, line] of lines.entries()) {
      set(rows, row, at + 3 + index * 2, log2(before))
      if ((line.signs & kind) !== 0) before++
      set(rows, row, at + 4 + index * 2, log2(all - before))
    }
  }
  return at + 9
}

/** How far it is to the lines that say that a command failed: the cause stands before the first of them. */
function ends(lines: readonly KeptLine[], rows: Float32Array, at: number): number {
  const ended = lines.filter((line) => (line.signs & SIGN.command_ended) !== 0).map((line) => line.number)
  const first = ended[0] ?? lines.at(-1)?.number ?? 0
  const last = ended.at(-1) ?? first
  let previous = 0
  let next = 0
  let command = 0
  for (const [row, line] of lines.entries()) {
    while ((ended[next] ?? Number.POSITIVE_INFINITY) < line.number) previous = ended[next++] ?? previous
    if ((line.signs & SIGN.command) !== 0 && line.text.startsWith('$ ')) command = line.number
    const below = ended[next]
    set(rows, row, at, below === undefined ? -1 : log2(below - line.number))
    set(rows, row, at + 1, previous === 0 ? -1 : log2(line.number - previous))
    set(rows, row, at + 2, line.number > first ? -log2(line.number - first) : log2(first - line.number))
    set(rows, row, at + 3, line.number > last ? -log2(line.number - last) : log2(last - line.number))
    set(rows, row, at + 4, ended.length)
    set(rows, row, at + 5, command === 0 ? -1 : log2(line.number - command))
    set(rows, row, at + 6, next)
  }
  return at + 7
}

const indentOf = (text: string): number => text.length - text.trimStart().length

/** How the line is written, and how often lines of its shape stand in the log: what is often said says little. */
function shaped(lines: readonly KeptLine[], rows: Float32Array, at: number): number {
  const shapes = lines.map((line) => line.text.slice(0, 60).replaceAll(/\d+/g, '0'))
  const starts = shapes.map((shape) => shape.slice(0, indentOf(shape) + 6))
  const often = tally(shapes)
  const started = tally(starts)
  const seen = new Map<string, number>()
  for (const [row, { text }] of lines.entries()) {
    const shape = shapes[row] ?? ''
    const start = starts[row] ?? ''
    const times = seen.get(shape) ?? 0
    seen.set(shape, times + 1)
    const above = lines[row - 1]?.text ?? ''
    const below = lines[row + 1]?.text ?? ''
    const indent = indentOf(text)
    set(rows, row, at, log2(often.get(shape) ?? 0))
    set(rows, row, at + 1, log2(started.get(start) ?? 0))
    set(rows, row, at + 2, log2(times))
    set(rows, row, at + 3, Math.min(400, text.length))
    set(rows, row, at + 4, Math.min(40, indent))
    set(rows, row, at + 5, Math.min(40, indent) - Math.min(40, indentOf(above)))
    set(rows, row, at + 6, Math.min(40, indent) - Math.min(40, indentOf(below)))
    set(rows, row, at + 7, start === starts[row - 1] ? 1 : 0)
    set(rows, row, at + 8, start === starts[row + 1] ? 1 : 0)
    set(rows, row, at + 9, share(text, /[0-9]/g))
    set(rows, row, at + 10, share(text, /[A-Z]/g))
    set(rows, row, at + 11, share(text, /[^\w\s]/g))
    set(rows, row, at + 12, kindOf(text.charCodeAt(indent)))
    set(rows, row, at + 13, kindOf(text.charCodeAt(text.length - 1)))
  }
  return at + 14
}

const tally = (values: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const share = (text: string, kind: RegExp): number =>
  text === '' ? 0 : (text.slice(0, 200).match(kind)?.length ?? 0) / Math.min(200, text.length)

/** 0 nothing, 1 digit, 2 upper case, 3 lower case, 4 colon, 5 other. */
function kindOf(code: number): number {
  if (Number.isNaN(code)) return 0
  if (code >= 48 && code <= 57) return 1
  if (code >= 65 && code <= 90) return 2
  if (code >= 97 && code <= 122) return 3
  return code === 58 ? 4 : 5
}

/** What the run of lines without a blank between them holds, and the line above that a line is indented under. */
function blocks(lines: readonly KeptLine[], rows: Float32Array, at: number): number {
  for (let from = 0; from < lines.length; ) {
    let to = from
    let strong = 0
    while (to < lines.length && ((lines[to]?.signs ?? 0) & SIGN.blank) === 0)
      if (((lines[to++]?.signs ?? 0) & STRONG) !== 0) strong++
    const first = lines[from]?.signs ?? 0
    for (let row = from; row < to; row++) {
      set(rows, row, at, log2(to - from))
      set(rows, row, at + 1, log2(row - from))
      set(rows, row, at + 2, strong / (to - from))
      set(rows, row, at + 3, (first & (SIGN.failed_test | SIGN.trace_head)) === 0 ? 0 : 1)
      set(rows, row, at + 4, (first & (SIGN.compiler | SIGN.exception | SIGN.assertion)) === 0 ? 0 : 1)
    }
    from = to + 1
  }
  parents(lines, rows, at + 5)
  return at + 9
}

function parents(lines: readonly KeptLine[], rows: Float32Array, at: number): void {
  const open: { readonly indent: number; readonly row: number; readonly signs: number }[] = []
  for (const [row, line] of lines.entries()) {
    if ((line.signs & SIGN.blank) !== 0) continue
    const indent = indentOf(line.text)
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop()
    const parent = open.at(-1)
    set(rows, row, at, parent === undefined ? -1 : log2(row - parent.row))
    set(rows, row, at + 1, ((parent?.signs ?? 0) & (SIGN.failed_test | SIGN.trace_head)) === 0 ? 0 : 1)
    set(rows, row, at + 2, ((parent?.signs ?? 0) & STRONG) === 0 ? 0 : 1)
    set(rows, row, at + 3, worthOf(parent?.signs ?? 0))
    open.push({ indent, row, signs: line.signs })
  }
}

const DECAYS = [0.5, 0.8, 0.95] as const

/** The worth of the line and of what stands around it, and how near that comes to the best of the log. */
function worths(lines: readonly KeptLine[], rows: Float32Array, at: number): number {
  const own = Float32Array.from(lines, (line) => worthOf(line.signs))
  const around = new Float32Array(own)
  for (const [row, worth] of own.entries()) set(rows, row, at, worth)
  for (const [index, decay] of DECAYS.entries()) {
    const faded = (sum: number, row: number): number => sum * decay + Math.max(-1, own[row] ?? 0)
    let sum = 0
    for (let row = 0; row < own.length; row++) {
      set(rows, row, at + 1 + index * 2, sum)
      if (index === 1) around[row] = (around[row] ?? 0) + sum
      sum = faded(sum, row)
    }
    sum = 0
    for (let row = own.length - 1; row >= 0; row--) {
      set(rows, row, at + 2 + index * 2, sum)
      if (index === 1) around[row] = (around[row] ?? 0) + sum
      sum = faded(sum, row)
    }
  }
  const best = around.reduce((most, value) => Math.max(most, value), 1)
  const sorted = Float32Array.from(around).sort()
  const high = sorted[Math.max(0, sorted.length - 51)] ?? 0
  for (const [row, value] of around.entries()) {
    set(rows, row, at + 7, value / best)
    set(rows, row, at + 8, value - high)
    set(rows, row, at + 9, best)
  }
  return at + 10
}
