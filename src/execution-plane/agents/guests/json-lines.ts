import type { Json, JsonObject } from '#domain/json'

/** Bounds on what a guest may say. */
interface LineBounds {
  /** Bytes of one line; a longer one is dropped. */
  readonly line: number
  /** Bytes in all; when there are more, reading ends. */
  readonly total: number
  /** Lines in all; a flood of short ones would take minutes to reach the bytes. */
  readonly count: number
}

const BOUNDS: LineBounds = { line: 4 * 1024 * 1024, total: 1024 * 1024 * 1024, count: 1_000_000 }

/** One line of a guest's output. */
export type OutputLine =
  | { readonly kind: 'json'; readonly value: JsonObject }
  /** Words outside the protocol, cut to a length a person can read. */
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'flood' }

/** Reads output line by line within bounds; what is no JSON object comes as words, what is too long not at all. */
export async function* readLines(
  output: AsyncIterable<Uint8Array>,
  bounds: LineBounds = BOUNDS,
): AsyncGenerator<OutputLine> {
  let held: Uint8Array[] = []
  let length = 0
  let total = 0
  let count = 0
  for await (const chunk of output) {
    total += chunk.length
    if (total > bounds.total) {
      yield { kind: 'flood' }
      return
    }
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      count += 1
      if (count > bounds.count) {
        yield { kind: 'flood' }
        return
      }
      length += at - from
      if (length <= bounds.line) yield* lineOf([...held, chunk.subarray(from, at)])
      held = []
      length = 0
      from = at + 1
    }
    length += chunk.length - from
    if (length <= bounds.line) held.push(chunk.slice(from))
    else held = []
  }
  if (length > 0 && length <= bounds.line) yield* lineOf(held)
}

function* lineOf(pieces: readonly Uint8Array[]): Generator<OutputLine> {
  const text = Buffer.concat(pieces).toString('utf8').trim()
  if (text === '') return
  const value = text.startsWith('{') ? parsed(text) : undefined
  yield value === undefined ? { kind: 'words', text: text.slice(0, 2_000) } : { kind: 'json', value }
}

function parsed(text: string): JsonObject | undefined {
  try {
    // It starts with a brace, so what parses is an object.
    return JSON.parse(text) as Json as JsonObject
  } catch {
    return undefined
  }
}
