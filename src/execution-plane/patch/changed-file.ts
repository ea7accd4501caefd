import type { FileChange } from '#domain/change'

/** One changed path with both contents, read from the trees as raw blobs: attributes of the repository hide nothing. */
export interface ChangedFile {
  readonly change: FileChange
  readonly before: Content | undefined
  readonly after: Content | undefined
}

/** A blob's bytes and, where it is text, its lines. */
export interface Content {
  readonly bytes: Uint8Array
  /** Undefined for binary content. */
  readonly lines: readonly string[] | undefined
}

/** A line of the proposed file that the base file does not have. */
export interface AddedLine {
  /** 1-based, in the proposed tree. */
  readonly line: number
  readonly text: string
}

/** Reads a blob: UTF-8, or UTF-16 with a byte order mark; what holds NUL is binary. */
export function contentOf(bytes: Uint8Array): Content {
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined
  if (wide === undefined && bytes.subarray(0, 65_536).includes(0)) return { bytes, lines: undefined }
  const text = new TextDecoder(wide ?? 'utf-8', { ignoreBOM: true }).decode(bytes)
  return {
    bytes,
    lines: text === '' ? [] : text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)),
  }
}

/**
 * Lines that are in the second text more often than in the first: moved lines are not added ones. Linear, and unlike a
 * diff not to be steered by how a change is laid out.
 */
export function addedLines(file: Pick<ChangedFile, 'before' | 'after'>): readonly AddedLine[] {
  const known = ADDED.get(file)
  if (known !== undefined) return known
  const added = surplus(file.after?.lines ?? [], file.before?.lines ?? [])
  ADDED.set(file, added)
  return added
}

/** Several checks ask for the same lines. */
const ADDED = new WeakMap<object, readonly AddedLine[]>()

/** Lines that are in the base text more often than in the proposed one, with their number in the base. */
export function removedLines({ before, after }: Pick<ChangedFile, 'before' | 'after'>): readonly AddedLine[] {
  return surplus(before?.lines ?? [], after?.lines ?? [])
}

function surplus(lines: readonly string[], against: readonly string[]): readonly AddedLine[] {
  const known = new Map<string, number>()
  for (const line of against) known.set(line, (known.get(line) ?? 0) + 1)
  return lines.flatMap((text, at) => {
    const left = known.get(text) ?? 0
    if (left > 0) known.set(text, left - 1)
    return left > 0 ? [] : [{ line: at + 1, text }]
  })
}
