import { createHash } from 'node:crypto'
import type { ReviewFinding } from '#domain/review'
import type { FileHunks } from './numbered-diff.ts'

/** A finding before it is tied to the change. */
export type Draft = Omit<ReviewFinding, 'fingerprint'>

/** The change by path, as findings are tied to it. */
export type Hunks = ReadonlyMap<string, FileHunks>

/**
 * Ties a finding to what the change touches; undefined where its file or its lines are not part of it. A line next to a
 * deleted one counts: the deletion is what is looked at.
 */
export function anchored(draft: Draft, hunks: Hunks): ReviewFinding | undefined {
  const file = hunks.get(draft.file)
  if (file === undefined) return undefined
  const range = draft.lines === null ? undefined : rangeOf(draft.lines)
  if (draft.lines !== null && range === undefined) return undefined
  const touched = file.lines.filter(
    ({ kind, line }) => kind !== 'context' && (range === undefined || (line >= range[0] && line <= range[1])),
  )
  // A check knows its file for certain and may name a line of the base; a model's line is all that ties it to the change.
  if (range !== undefined && touched.length === 0)
    return draft.found_by === 'check' ? anchored({ ...draft, lines: null }, hunks) : undefined
  const words = range === undefined ? [] : touched.map(({ text }) => text.replaceAll(/\s+/g, ' ').trim())
  return { ...draft, fingerprint: fingerprintOf(draft, words) }
}

/** `82` or `82-91`, the smaller first. */
function rangeOf(lines: string): readonly [number, number] | undefined {
  const [, first, last] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(lines) ?? []
  if (first === undefined) return undefined
  const [from, to] = [Number(first), Number(last ?? first)]
  return from >= 1 && to >= from ? [from, to] : undefined
}

/** Of the words on the lines and not of their numbers, so that it holds while the file moves around them. */
const fingerprintOf = ({ file, rule }: Draft, words: readonly string[]): string =>
  createHash('sha256')
    .update([file, rule, ...words.slice(0, 20)].join('\n'))
    .digest('hex')
    .slice(0, 16)
