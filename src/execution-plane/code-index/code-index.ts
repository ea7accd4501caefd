import type { TreeEntry } from '#ports'
import { languageOf } from '#syntax'
import { buildSegments, type WantedBlob } from './build-segments.ts'
import { LARGEST_INDEXED } from './indexable.ts'
import { Segment, type IndexedSymbol } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'
import { isLookedInto } from './paths.ts'

/** One commit as the index reads it. */
export interface CodeSource {
  readonly commit: string
  /** Every path of the commit, sorted. */
  readonly list: readonly TreeEntry[]
  /** Content of a blob; undefined where the repository has none. */
  readonly read: (blob: string) => Promise<Uint8Array | undefined>
}

/** A path of the commit, with what is known of its content. */
export interface IndexedFile extends TreeEntry {
  /** Undefined for what is not looked into: vendored, generated, binary, huge, a link or a submodule. */
  readonly facts: { readonly segment: number; readonly doc: number } | undefined
}

/** How much of an index was there already. */
export interface IndexingEffort {
  readonly known_blobs: number
  readonly parsed_blobs: number
}

/** More segments than these make every question slower; then all is made anew as one. */
const MOST_SEGMENTS = 8

/**
 * What is known of one commit's code, by content: each blob is read once, whatever commits hold it. Answers only for the
 * commit it was made for.
 */
export class CodeIndex {
  readonly commit: string
  readonly files: readonly IndexedFile[]
  readonly segments: readonly Segment[]
  readonly effort: IndexingEffort
  /** By segment, by document: the numbers of the files that hold it; undefined where the commit has none. */
  readonly #holders: readonly (readonly (readonly number[] | undefined)[])[]

  constructor(
    source: CodeSource,
    segments: readonly Segment[],
    places: ReadonlyMap<string, { readonly segment: number; readonly doc: number }>,
    effort: IndexingEffort,
  ) {
    this.commit = source.commit
    this.segments = segments
    this.effort = effort
    this.files = source.list.map((entry) => {
      const place = isLookedInto(entry) ? places.get(entry.blob) : undefined
      const facts =
        place !== undefined && segments[place.segment]?.document(place.doc).unread === false ? place : undefined
      return { ...entry, facts }
    })
    const holders = segments.map((segment) =>
      Array.from({ length: segment.documents }, (): number[] | undefined => undefined),
    )
    for (const [at, { facts }] of this.files.entries()) {
      const of_segment = facts === undefined ? undefined : holders[facts.segment]
      if (facts === undefined || of_segment === undefined) continue
      const there = of_segment[facts.doc]
      if (there === undefined) of_segment[facts.doc] = [at]
      else there.push(at)
    }
    this.#holders = holders
  }

  /** Numbers of the files that hold a document; none where this commit does not have it. */
  holders(segment: number, doc: number): readonly number[] {
    return this.#holders[segment]?.[doc] ?? []
  }

  symbolsOf(file: IndexedFile): readonly IndexedSymbol[] {
    return file.facts === undefined ? [] : (this.segments[file.facts.segment]?.symbolsOf(file.facts.doc) ?? [])
  }

  importsOf(file: IndexedFile): readonly string[] {
    return file.facts === undefined ? [] : (this.segments[file.facts.segment]?.importsOf(file.facts.doc) ?? [])
  }
}

/**
 * Indexes a commit: only blobs that no segment holds are read and parsed. `before` are segments at hand, of an earlier
 * commit for example; without it they come from the store.
 */
export async function indexCommit(
  source: CodeSource,
  store: SegmentStore | undefined,
  before?: readonly Segment[],
): Promise<CodeIndex> {
  const wanted = wantedOf(source.list)
  const had = before ?? (await store?.load()) ?? []
  const places = placesOf(had)
  const missing = wanted.filter(({ blob }) => !places.has(blob))
  const anew = missing.length > 0 && had.length >= MOST_SEGMENTS
  const made = await buildSegments(anew ? wanted : missing, source.read)
  if (made.length > 0) await store?.keep(made, anew)
  const opened = made.map((bytes) => Segment.open(bytes)).filter((segment) => segment !== undefined)
  const segments = anew ? opened : [...had, ...opened]
  const parsed_blobs = anew ? wanted.length : missing.length
  const effort = { known_blobs: wanted.length - parsed_blobs, parsed_blobs }
  return new CodeIndex(source, segments, made.length === 0 ? places : placesOf(segments), effort)
}

function wantedOf(list: readonly TreeEntry[]): readonly WantedBlob[] {
  const wanted = new Map<string, WantedBlob>()
  for (const entry of list) {
    const { blob, bytes, path } = entry
    if (!isLookedInto(entry) || bytes > LARGEST_INDEXED) continue
    const language = languageOf(path)
    if (wanted.get(blob)?.language === undefined) wanted.set(blob, { blob, bytes, language })
  }
  return [...wanted.values()]
}

function placesOf(segments: readonly Segment[]) {
  const places = new Map<string, { readonly segment: number; readonly doc: number }>()
  for (const [segment, { blobs }] of segments.entries())
    for (const [doc, blob] of blobs.entries()) places.set(blob, { segment, doc })
  return places
}
