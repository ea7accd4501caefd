import { TAMPER_MUTATORS } from '#execution-plane/sabotage'
import type { Sabotage } from './sabotage.ts'

/** Ways to make tests say less: those that the bench of the test-integrity gate measures on projects of other people. */
export const TAMPERS: readonly Sabotage[] = [...TAMPER_MUTATORS, ...TAMPER_MUTATORS].map((mutator, at) => ({
  // Each is done twice: the second time with another seed, and so in another place.
  name: at < TAMPER_MUTATORS.length ? mutator.does : `${mutator.does}, elsewhere`,
  gate: 'test_integrity',
  apply: async (sources, seed) => {
    const changed = [...((await mutator.mutate(sources, seed)) ?? [])].filter(
      ([path, content]) => sources.get(path) !== content,
    )
    return changed.length === 0 ? undefined : changed.map(([path, content]) => ({ path, content: content ?? null }))
  },
}))
