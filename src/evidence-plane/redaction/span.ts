/** A piece of a text to cut, end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly kind: string
}

/** Joins overlapping spans; the kind of the one that starts first, or is longest there, names the joined one. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = []
  for (const span of [...spans].sort((left, right) => left.start - right.start || right.end - left.end)) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) merged.push(span)
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end }
  }
  return merged
}

/** Replaces each of the merged spans by a mark that names its kind and never the value. */
export function cutSpans(text: string, merged: readonly Span[]): string {
  const pieces: string[] = []
  let from = 0
  for (const { start, end, kind } of merged) {
    pieces.push(text.slice(from, start), `[redacted:${kind}]`)
    from = end
  }
  return merged.length === 0 ? text : pieces.join('') + text.slice(from)
}
