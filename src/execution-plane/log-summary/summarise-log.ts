import { Buffer } from 'node:buffer'
import type { RootCause } from '#domain/verification'
import type { LogSummary, SummariseLog } from '#ports'
import { causesIn, collectCauses } from './causes.ts'
import { chooseLines } from './choose-lines.ts'
import { classifyLines, directionOf } from './classify.ts'
import { cleanLine } from './clean-line.ts'
import { scoresOf, type Forest } from './forest.ts'
import { LogKeeper, type KeptLog } from './keep-lines.ts'
import type { KeptLine } from './kept-line.ts'
import { FEATURES, featuresOf } from './line-features.ts'
import { SIGN, signsOf } from './line-signs.ts'
import { readForest } from './read-forest.ts'
import { redactLines } from './redact-lines.ts'

/** No shown line is longer. */
const LONGEST_LINE = 1_000
/** Of a line longer than this the signs are not looked for further. */
const LOOKED_AT = 400
const STRONG = SIGN.failed_test | SIGN.assertion | SIGN.compiler | SIGN.exception | SIGN.tool_error | SIGN.prefixed
/** A cause without a place is never as sure as one with it. */
const WITHOUT_PLACE = 0.6

let forest: Forest | undefined

/** Reads a log to its end and says in a few lines why it failed; secrets are cut before anything is looked at. */
export const summariseLog: SummariseLog = async (log, { lines: most, redactor }) => {
  const keeper = new LogKeeper()
  for await (const bytes of log) keeper.push(bytes)
  const kept = keeper.end()
  const clean = kept.lines.map(({ raw }) => cleanLine(raw))
  const redacted = await redactLines(
    clean.map(({ text }) => text),
    redactor,
  )
  const lines = kept.lines.map(({ number }, at): KeptLine => {
    const text = redacted.lines[at] ?? ''
    return { number, text, signs: signsOf({ red: false, green: false, ...clean[at], text }) }
  })
  return { ...summaryOf(lines, kept, most), redactions: redacted.count }
}

/** The same of a text that was redacted already. */
export function summariseText(log: string, most: number): LogSummary {
  const keeper = new LogKeeper()
  keeper.push(Buffer.from(log))
  const kept = keeper.end()
  return { ...summaryOf(keptLines(kept), kept, most), redactions: 0 }
}

/** Lines as they are judged. */
export const keptLines = (kept: KeptLog): readonly KeptLine[] =>
  kept.lines.map(({ number, raw }) => {
    const clean = cleanLine(raw)
    return { number, text: clean.text, signs: signsOf(clean) }
  })

/** Rows of the lines that tell most of the cause, with the chance of each line. */
export function tellingRows(
  lines: readonly KeptLine[],
  total_lines: number,
  how: { readonly most: number; readonly forest: Forest },
): { readonly rows: readonly number[]; readonly chances: Float32Array } {
  const scores = scoresOf(how.forest, featuresOf(lines, total_lines), FEATURES)
  return { rows: chooseLines(lines, scores, how.most), chances: scores.map((score) => 1 / (1 + Math.exp(-score))) }
}

function summaryOf(lines: readonly KeptLine[], kept: KeptLog, most: number): Omit<LogSummary, 'redactions'> {
  forest ??= readForest()
  const { rows, chances } = tellingRows(lines, kept.total_lines, { most, forest })
  const chosen = rows.flatMap((row) => lines[row] ?? [])
  const likely = rows.map((row) => chances[row] ?? 0)
  const shown = chosen.map(({ number, text }) => ({ number, text: shortened(text) }))
  const classification = classifyLines(
    chosen.map(({ text }) => text.slice(0, LOOKED_AT)),
    likely,
  )
  const root_causes = classification === 'unknown' ? [] : causesOf(lines, chances, rows)
  const first = root_causes[0]
  const place = first?.file === undefined ? '' : `${first.file}${first.line === undefined ? '' : `:${first.line}`}`
  const with_text = lines.reduce((count, line) => count + (line.text.trim() === '' ? 0 : 1), 0)
  return {
    classification,
    root_causes,
    likely_direction: directionOf(classification, place),
    lines: shown,
    total_lines: kept.total_lines,
    total_bytes: kept.total_bytes,
    truncated:
      lines.length < kept.total_lines ||
      chosen.length < with_text ||
      chosen.some(({ text }) => text.length > LONGEST_LINE),
  }
}

/** Places named by likely lines, and the likeliest line where none names a place. */
function causesOf(lines: readonly KeptLine[], chances: Float32Array, rows: readonly number[]): readonly RootCause[] {
  const texts = lines.map(({ text }) => text)
  const shown = new Set(rows)
  const causes: RootCause[] = []
  for (const { at, confidence, ...cause } of causesIn(texts)) {
    const sure = confidence * (shown.has(at) ? 0.6 + 0.4 * (chances[at] ?? 0) : 0.3)
    causes.push({ ...cause, confidence: rounded(sure) })
  }
  const said = rows
    .filter((row) => ((lines[row]?.signs ?? 0) & STRONG) !== 0)
    .reduce<number | undefined>(
      (best, row) => (best === undefined || (chances[row] ?? 0) > (chances[best] ?? 0) ? row : best),
      undefined,
    )
  if (said !== undefined)
    causes.push({
      message: (texts[said] ?? '').trim().slice(0, LOOKED_AT),
      confidence: rounded(WITHOUT_PLACE * (chances[said] ?? 0)),
    })
  return collectCauses(causes)
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const shortened = (text: string): string => (text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text)
