import type { Redaction, RedactionStream } from '#ports'
import { cutSpans, mergeSpans, type Span } from './span.ts'

/** What is to be cut out of a text. */
export interface FoundSpans {
  /** Merged and in order. */
  readonly spans: readonly Span[]
  /** Where a packed piece begins that goes on behind the end of the text; absent where none does. */
  readonly open?: number
}

/** What a stream needs of the engine. */
interface StreamEngine {
  find(text: string): Promise<FoundSpans>
  /** Characters of the longest registered form. */
  longest(): number
  tally(spans: readonly Span[]): Omit<Redaction, 'text'>
}

/** Text gathered before it is scanned, so that the part scanned twice is small. */
const GATHER = 1 << 20
/** Held back: longer than a private key, a token of any format, or a window that secretlint looks at. */
const OVERLAP = 1 << 16
/** Kept in front of what is scanned, so that what stands before a match is seen as in the whole text. */
const CONTEXT = 1 << 10
/** A packed piece that is longer is withheld as far as it was held, because it cannot be looked into in parts. */
const LONGEST_PACKED = 8 << 20

/**
 * Redacts piece by piece. What is certain leaves: the text up to a place that no match crosses and that is far enough
 * from the end that no match can begin before it and be found later. Memory stays within GATHER + OVERLAP, unless one
 * registered value is longer than that, or a packed piece is, which is held up to LONGEST_PACKED.
 */
export function redactionStream(engine: StreamEngine): RedactionStream {
  const cut: Span[] = []
  /** What has left and is kept in front, `seen` characters, and what is held behind it, in one text. */
  let text = ''
  let seen = 0
  let pieces: string[] = []
  let gathered = 0

  const findInHeld = async (): Promise<FoundSpans> => {
    text = [text, ...pieces].join('')
    pieces = []
    gathered = 0
    const { spans: found, open } = await engine.find(text)
    const spans = found
      .filter((span) => span.end > seen)
      .map((span) => (span.start < seen ? { ...span, start: seen } : span))
    return open === undefined ? { spans } : { spans, open: Math.max(seen, open) }
  }

  const release = (spans: readonly Span[], until: number): string => {
    const leaving = spans.filter((span) => span.end <= until)
    for (const span of leaving) cut.push(span)
    const said = cutSpans(
      text.slice(seen, until),
      leaving.map((span) => ({ ...span, start: span.start - seen, end: span.end - seen })),
    )
    const kept = Math.max(0, until - CONTEXT)
    text = text.slice(kept)
    seen = until - kept
    return said
  }

  return {
    push: async (piece) => {
      pieces.push(piece)
      gathered += piece.length
      const overlap = Math.max(OVERLAP, 4 * engine.longest())
      if (gathered < GATHER) return ''
      const { spans, open = text.length } = await findInHeld()
      if (text.length - open < LONGEST_PACKED)
        return release(spans, safePlace(spans, Math.min(open, text.length - overlap), seen))
      const withheld = { start: open, end: text.length, kind: 'unreadable_archive' }
      return release(mergeSpans([...spans, withheld]), text.length)
    },
    end: async () => {
      const { spans } = await findInHeld()
      return { text: release(spans, text.length), ...engine.tally(cut) }
    },
  }
}

/** The place itself, or the start of the match it stands in; a match that begins what is held leaves whole. */
function safePlace(spans: readonly Span[], place: number, seen: number): number {
  const across = spans.find((span) => span.start < place && place < span.end)
  if (across === undefined) return Math.max(seen, place)
  return across.start > seen ? across.start : across.end
}
