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
  let context = ''
  let held = ''
  let pieces: string[] = []
  let gathered = 0

  const findInHeld = async (): Promise<FoundSpans> => {
    held += pieces.join('')
    pieces = []
    gathered = 0
    const from = context.length
    const { spans: found, open } = await engine.find(context + held)
    const spans = found
      .filter((span) => span.end > from)
      .map((span) => ({ ...span, start: Math.max(0, span.start - from), end: span.end - from }))
    return open === undefined ? { spans } : { spans, open: Math.max(0, open - from) }
  }

  const release = (spans: readonly Span[], until: number): string => {
    const leaving = spans.filter((span) => span.end <= until)
    for (const span of leaving) cut.push(span)
    const text = cutSpans(held.slice(0, until), leaving)
    context = (context + held.slice(Math.max(0, until - CONTEXT), until)).slice(-CONTEXT)
    held = held.slice(until)
    return text
  }

  return {
    push: async (piece) => {
      pieces.push(piece)
      gathered += piece.length
      const overlap = Math.max(OVERLAP, 4 * engine.longest())
      if (gathered < GATHER) return ''
      const { spans, open = held.length } = await findInHeld()
      if (held.length - open < LONGEST_PACKED)
        return release(spans, safePlace(spans, Math.min(open, held.length - overlap)))
      const withheld = { start: open, end: held.length, kind: 'unreadable_archive' }
      return release(mergeSpans([...spans, withheld]), held.length)
    },
    end: async () => {
      const { spans } = await findInHeld()
      const text = release(spans, held.length)
      return { text, ...engine.tally(cut) }
    },
  }
}

/** The place itself, or the start of the match it stands in; a match that begins the text leaves whole. */
function safePlace(spans: readonly Span[], place: number): number {
  const across = spans.find((span) => span.start < place && place < span.end)
  if (across === undefined) return Math.max(0, place)
  return across.start > 0 ? across.start : across.end
}
