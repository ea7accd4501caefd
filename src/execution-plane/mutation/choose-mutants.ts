import { createHash } from 'node:crypto'
import type { Mutant } from './mutant.ts'

export type { Mutant } from './mutant.ts'

/** What mutants are chosen by. */
export interface Choice {
  /** The same seed gives the same choice; the id of the tree. */
  readonly seed: string
  readonly most: number
  /** True for lines that were changed; they come first. */
  readonly isChanged: (path: string, line: number) => boolean
}

/**
 * A sample that is spread: mutants of changed lines before others, then one of a line before a second of it, then by
 * operators that were taken less. The rest is decided by a hash, so nobody can foresee which is tried.
 */
export function chooseMutants(mutants: readonly Mutant[], { seed, most, isChanged }: Choice): readonly Mutant[] {
  const left = new Set(
    mutants
      .map((mutant) => ({ mutant, rank: rankOf(seed, mutant), changed: isChanged(mutant.path, mutant.line) ? 0 : 1 }))
      .sort((one, other) => (one.rank < other.rank ? -1 : 1)),
  )
  const chosen: Mutant[] = []
  const lines = new Map<string, number>()
  const operators = new Map<string, number>()
  while (chosen.length < most && left.size > 0) {
    let best: { readonly of: typeof left extends Set<infer One> ? One : never; readonly weight: number } | undefined
    for (const one of left) {
      const { mutant, changed } = one
      const weight = changed * 10_000 + 100 * (lines.get(place(mutant)) ?? 0) + (operators.get(mutant.operator) ?? 0)
      if (best === undefined || weight < best.weight) best = { of: one, weight }
    }
    if (best === undefined) break
    const { mutant } = best.of
    left.delete(best.of)
    lines.set(place(mutant), (lines.get(place(mutant)) ?? 0) + 1)
    operators.set(mutant.operator, (operators.get(mutant.operator) ?? 0) + 1)
    chosen.push(mutant)
  }
  return chosen
}

const place = ({ path, line }: Mutant): string => `${path}:${line}`

const rankOf = (seed: string, { path, start, operator }: Mutant): string =>
  createHash('sha256').update(`${seed}\0${path}\0${start}\0${operator}`).digest('hex')

/** The source with the mutant in it. */
export const mutated = (source: string, { start, end, after }: Mutant): string =>
  source.slice(0, start) + after + source.slice(end)
