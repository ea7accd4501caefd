import { describe, expect, it } from 'vitest'
import { storm } from './r2.ts'
import { zombies } from './r4.ts'
import { breakDatabase } from './r5.ts'

/** The experiments in their short forms, one after the other; docs/reference/reliability.md has the long ones. */
describe('what was acknowledged survives', () => {
  it('R2: workers that are killed at random, with no effect doubled and nothing left behind', async () => {
    const figures = await storm({ kills: 16, runs: 8, workers: 4, seed: 2 })
    expect(figures.violations).toEqual([])
    expect(figures['kills']).toBe(16)
  }, 240_000)

  it('R4: workers that were stopped past their lease, of whose writes none is accepted', async () => {
    const figures = await zombies(2)
    expect(figures.violations).toEqual([])
    expect(figures['stale_writes_tried']).toBeGreaterThanOrEqual(250)
    expect(figures['stale_writes_accepted']).toBe(0)
    expect(figures['runs_taken_over']).toBeGreaterThan(0)
  }, 240_000)

  it('R5: a database that restarts at once, loses backends and answers after their commit', async () => {
    const figures = await breakDatabase(2)
    expect(figures.violations).toEqual([])
    expect(Number(figures['recovery_ms_most'])).toBeLessThan(10_000)
    expect(Number(figures['acknowledged_submissions'])).toBeGreaterThan(0)
  }, 240_000)
})
