import type { GateName } from '#domain/gate'

/** Text files of a tree by path. */
export type Sources = ReadonlyMap<string, string>

/** One path of a change; null content takes it away. */
export interface Edit {
  readonly path: string
  readonly content: string | null
  /** Absent: a plain file. */
  readonly mode?: '120000' | '100755'
}

/** What a change was asked for. */
export interface Asked {
  readonly title: string
  readonly objective: string
  readonly is_fix: boolean
}

/** A way to make a change bad, and the gate that is there to see it. The same sources and seed give the same change. */
export interface Sabotage {
  readonly name: string
  readonly gate: GateName
  /** Absent: the gate does not look at it. */
  readonly asked?: Asked
  /** Undefined where these sources offer nothing to sabotage in this way. */
  apply(sources: Sources, seed: number): readonly Edit[] | undefined | Promise<readonly Edit[] | undefined>
}

/** Random numbers below 1 from a seed (mulberry32), so that a change which slips through can be made again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of a list, by a seed. */
export const pick = <Item>(items: readonly Item[], seed: number): Item | undefined =>
  items[Math.floor(randomFrom(seed)() * items.length)]

/** Sources that are neither tests nor documents, by what their names say. */
export const codeIn = (sources: Sources, isTest: (path: string) => boolean): readonly (readonly [string, string])[] =>
  [...sources].filter(([path]) => /\.(?:[cm]?[jt]sx?|py|java|go|rs)$/.test(path) && !isTest(path))
