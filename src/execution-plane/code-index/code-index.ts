import { setImmediate } from 'node:timers/promises'
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

/** More small segments than these make every question slower: they are then made anew as one. */
const MOST_SMALL = 8
/** A segment is small when it has less than this part of all bytes, or when hardly any of it is asked for any more. */
const SMALL_PART = 0.1

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
 * commit for example; without it they come from the store. Others have their turn between its steps: of twenty thousand
 * files each takes some tens of milliseconds.
 */
export async function indexCommit(
  source: CodeSource,
  store: SegmentStore | undefined,
  before?: readonly Segment[],
): Promise<CodeIndex> {
  const wanted = wantedOf(source.list)
  const had = before ?? (await store?.load()) ?? []
  await setImmediate()
  const known = placesOf(had)
  const complete = wanted.every(({ blob }) => known.has(blob))
  const kept = complete ? had : had.filter(worthKeeping(had, wanted))
  const places = kept.length === had.length ? known : placesOf(kept)
  const missing = complete ? [] : wanted.filter(({ blob }) => !places.has(blob))
  const made = await buildSegments(missing, source.read)
  const given_up = had.filter((segment) => !kept.includes(segment)).map(({ id }) => id)
  if (made.length > 0) await store?.keep(made, given_up)
  await setImmediate()
  const segments = [...kept, ...made.map((bytes) => new Segment(bytes))]
  const effort = { known_blobs: wanted.length - missing.length, parsed_blobs: missing.length }
  return new CodeIndex(source, segments, made.length === 0 ? places : placesOf(segments), effort)
}

/** Which segments stay when new ones are made: all, until there are many small ones; then those that are not small. */
function worthKeeping(had: readonly Segment[], wanted: readonly WantedBlob[]): (segment: Segment) => boolean {
  const asked = new Set(wanted.map(({ blob }) => blob))
  const all_bytes = had.reduce((sum, { bytes }) => sum + bytes, 0)
  const small = had.filter(
    ({ bytes, blobs }) =>
      bytes < all_bytes * SMALL_PART || blobs.filter((blob) => asked.has(blob)).length < blobs.length * SMALL_PART,
  )
  return small.length < MOST_SMALL ? () => true : (segment) => !small.includes(segment)
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
