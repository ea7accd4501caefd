import { ok, refuse, type Result } from '#domain/result'
import type { Hunk } from './unified-diff.ts'

/**
 * Applies the hunks of one file to its text. A hunk goes where its header says, or, when its lines are not there, to
 * the nearest place that has them exactly; never to one that is merely alike. The file keeps its line ends.
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): Result<string, string> {
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  const endsWithNewline = text === '' || text.endsWith('\n')
  let lines = text === '' ? [] : text.split(/\r?\n/)
  if (endsWithNewline && text !== '') lines.pop()
  let shift = 0
  let from = 0
  let closes = endsWithNewline
  for (const [index, hunk] of hunks.entries()) {
    const old = hunk.lines.filter(({ kind }) => kind !== 'add').map((line) => line.text)
    const made = hunk.lines.filter(({ kind }) => kind !== 'drop').map((line) => line.text)
    const place = findPlace(lines, old, hunk, { from, shift })
    if (!place.ok) return refuse(`hunk ${index + 1}${hunkName(hunk)}: ${place.refusal}`)
    const at = place.value
    lines = [...lines.slice(0, at), ...made, ...lines.slice(at + old.length)]
    from = at + made.length
    shift = hunk.old_start === undefined ? shift : at + made.length - old.length - (hunk.old_start - 1)
    if (from === lines.length) closes = !hunk.new_without_end
  }
  return ok(lines.length === 0 ? '' : lines.join(end) + (closes ? end : ''))
}

const hunkName = ({ old_start }: Hunk): string => (old_start === undefined ? '' : ` (line ${old_start})`)

function findPlace(
  lines: readonly string[],
  old: readonly string[],
  hunk: Hunk,
  { from, shift }: { readonly from: number; readonly shift: number },
): Result<number, string> {
  if (old.length === 0) return placeOfInsertion(lines, hunk, { from, shift })
  const fits = (at: number) => at >= from && old.every((line, offset) => lines[at + offset] === line)
  const places: number[] = []
  for (let at = from; at + old.length <= lines.length; at++) if (lines[at] === old[0] && fits(at)) places.push(at)
  if (places.length === 0) return refuse(explainMiss(lines, old, from))
  if (places.length === 1) return ok(places[0] ?? 0)
  if (hunk.old_start === undefined)
    return refuse(
      `its lines occur ${places.length} times (lines ${places
        .slice(0, 8)
        .map((at) => at + 1)
        .join(', ')}); add more context`,
    )
  const wanted = hunk.old_start - 1 + shift
  return ok(places.toSorted((left, right) => Math.abs(left - wanted) - Math.abs(right - wanted))[0] ?? 0)
}

/** A hunk without old lines says by its number alone where it goes: after that line. */
function placeOfInsertion(
  lines: readonly string[],
  { old_start }: Hunk,
  { from, shift }: { readonly from: number; readonly shift: number },
): Result<number, string> {
  if (lines.length === 0) return ok(0)
  if (old_start === undefined) return refuse('it only adds lines and names no place; give it lines of context')
  const at = old_start + shift
  return at < from || at > lines.length ? refuse(`the file has ${lines.length} lines`) : ok(at)
}

function explainMiss(lines: readonly string[], old: readonly string[], from: number): string {
  const trimmed = old.map((line) => line.trim())
  const candidates = lines.map((line) => line.trim())
  let best = { at: -1, matched: 0 }
  for (let at = from; at < lines.length && best.matched < old.length; at++) {
    if (candidates[at] !== trimmed[0]) continue
    let matched = 1
    while (matched < old.length && candidates[at + matched] === trimmed[matched]) matched++
    if (matched > best.matched) best = { at, matched }
  }
  if (best.at === -1) {
    const anchor = trimmed.find((line) => line.length > 3 && candidates.indexOf(line, from) !== -1)
    const near = anchor === undefined ? -1 : candidates.indexOf(anchor, from)
    return near === -1
      ? `none of its lines is in the file${from > 0 ? ` after line ${from}` : ''}; read it again`
      : `its first line ${quote(old[0])} is not in the file; line ${near + 1} is ${quote(lines[near])}`
  }
  if (best.matched === old.length)
    return `it differs in white space from lines ${best.at + 1}-${best.at + best.matched}: ${quote(lines[best.at])}`
  const at = best.at + best.matched
  return `it fits from line ${best.at + 1} on, but line ${at + 1} is ${quote(lines[at])} and not ${quote(old[best.matched])}`
}

const quote = (line: string | undefined): string =>
  line === undefined ? 'missing' : JSON.stringify(line.slice(0, 160))
