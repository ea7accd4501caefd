import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { BUGS } from './model-store.ts'
import { simulate } from './simulate.ts'

/** Worlds of a run of the suite; `node test/chaos/simulation/run.ts N` lives through any number. */
const SEEDS = 10_000

describe('R14: worlds of queue, lease, step, switch and budget on a virtual clock', () => {
  it(`${SEEDS} seeds keep every invariant`, { timeout: 300_000 }, () => {
    const started = performance.now()
    const broken: string[] = []
    let faults = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = simulate(seed)
      faults += world.faults
      for (const { invariant, at, what } of world.violations) broken.push(`seed ${seed} at ${at}: ${invariant} ${what}`)
    }
    process.stdout.write(`R14: ${SEEDS} seeds, ${faults} faults, ${Math.round(performance.now() - started)} ms\n`)
    expect(broken).toEqual([])
    expect(faults).toBeGreaterThan(SEEDS)
  })

  it('a seed replays identically, and another one is another world', () => {
    for (const seed of [1, 7, 4_711]) expect(simulate(seed).trace).toBe(simulate(seed).trace)
    expect(simulate(1).trace).not.toBe(simulate(2).trace)
  })

  it.each(BUGS)('the planted bug %s is found within 1,000 seeds', (bug) => {
    let found = 0
    for (let seed = 1; seed <= 1_000 && found === 0; seed++) if (simulate(seed, bug).violations.length > 0) found = seed
    process.stdout.write(`${bug}: found by seed ${found}\n`)
    expect(found).toBeGreaterThan(0)
  })
})
