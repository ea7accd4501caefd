import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { crashAtBoundaries } from './r1.ts'
import { storm } from './r2.ts'
import { killControlPlane } from './r3.ts'
import { zombies } from './r4.ts'
import { breakDatabase } from './r5.ts'
import { badLinks } from './r6-links.ts'
import { partition } from './r6.ts'
import { wrongClocks } from './r7.ts'
import { submitAgain } from './r8.ts'
import { faultyModel } from './r9.ts'
import { brokenStorage } from './r10.ts'

const CANNOT_PARTITION = process.getuid?.() !== 0 || spawnSync('ip', ['-V']).error !== undefined

const CANNOT_MOUNT = process.getuid?.() !== 0

/** `npm run test:chaos` runs every short form; with the rest of the suite those that cost the most for what they add stay out. */
const IS_WHOLE = process.env['GANDER_CHAOS'] === 'whole'
const LATER = '(run by `npm run test:chaos`)'

/** Kills of the storm; a run meets two or three of them, so that the shorter form still sees a score of runs through. */
const STORM = IS_WHOLE ? 200 : 50

/** The experiments in their short forms, one after the other; docs/reference/reliability.md has the long ones. */
describe('what was acknowledged survives', () => {
  it('R1: a crash at boundaries of steps, after which each run ends with the same tree', async () => {
    const figures = await crashAtBoundaries(6)
    expect(figures.violations).toEqual([])
    expect(figures['crashes']).toBe(6)
    expect(Number(figures['crashes_of_runs_with_a_model'])).toBeGreaterThan(0)
    expect(figures['other_trees']).toBe(0)
  }, 600_000)

  it('R2: workers that are killed at random, with no effect doubled and nothing left behind', async () => {
    const figures = await storm({ kills: STORM, workers: 4, seed: 2 })
    expect(figures.violations).toEqual([])
    expect(figures['kills']).toBe(STORM)
    expect(Number(figures['completed_percent'])).toBeGreaterThanOrEqual(70)
    expect(Number(figures['completed_after_a_kill'])).toBeGreaterThan(0)
  }, 900_000)

  it('R3: a control plane that is killed, also in the middle of a migration', async () => {
    const figures = await killControlPlane(2)
    expect(figures.violations).toEqual([])
    expect(figures['runs_beyond_their_keys']).toBe(0)
    expect(figures['migrations_completed_afterwards']).toBe(figures['migrations_killed'])
  }, 600_000)

  it('R5: a database that restarts at once, loses backends and answers after their commit', async () => {
    const figures = await breakDatabase(2)
    expect(figures.violations).toEqual([])
    expect(Number(figures['recovery_ms_most'])).toBeLessThan(10_000)
    expect(Number(figures['acknowledged_submissions'])).toBeGreaterThan(0)
  }, 600_000)

  it.skipIf(!IS_WHOLE)(
    `R7: workers with wrong clocks, of which no run and no record takes notice ${LATER}`,
    async () => {
      const figures = await wrongClocks(4)
      expect(figures.violations).toEqual([])
      expect(figures['states']).toEqual({ completed: 4 })
    },
    600_000,
  )

  it('R8: submissions that come again and out of order, of which each key makes one run', async () => {
    const figures = await submitAgain(400)
    expect(figures.violations).toEqual([])
    expect(figures['runs']).toBe(figures['keys'])
    expect(figures['keys_with_more_than_one_run']).toBe(0)
  }, 600_000)

  it.skipIf(!IS_WHOLE)(
    `R9: a model and a forge of whose answers a third are faults ${LATER}`,
    async () => {
      const figures = await faultyModel(4)
      expect(figures.violations).toEqual([])
      expect(figures['states']).toEqual({ completed: 4 })
      expect(Number(figures['model_faults'])).toBeGreaterThan(0)
      expect(Number(figures['forge_faults'])).toBeGreaterThan(0)
    },
    600_000,
  )

  it.skipIf(CANNOT_MOUNT || !IS_WHOLE)(
    `R10: a store that is full and then read-only, which runs wait for and of which no half artifact is on record (as root) ${LATER}`,
    async () => {
      const figures = await brokenStorage(2)
      expect(figures.violations).toEqual([])
      expect(figures['reasons']).toBe('paused storage_full')
      expect(figures['states']).toEqual({ completed: 4 })
    },
    600_000,
  )
})

/** These wait for leases to end most of their time, and do it beside each other. */
describe.concurrent('who holds a run no longer does nothing more with it', () => {
  it('R4: workers that were stopped past their lease, of whose writes none is accepted', async () => {
    const figures = await zombies(2)
    expect(figures.violations).toEqual([])
    expect(figures['stale_writes_tried']).toBeGreaterThanOrEqual(250)
    expect(figures['stale_writes_accepted']).toBe(0)
    expect(figures['runs_taken_over']).toBeGreaterThan(0)
  }, 600_000)

  it.skipIf(CANNOT_PARTITION)(
    'R6: a worker whose link is cut stops before another has its run (skipped without root and `ip`)',
    async () => {
      const figures = await partition(1)
      expect(figures.violations).toEqual([])
      expect(Number(figures['taken_over_ms_most'])).toBeLessThan(15_000)
      expect(Number(figures['cut_off_worker_stopped_ms_most'])).toBeLessThan(Number(figures['taken_over_ms_most']))
    },
    600_000,
  )

  it.skipIf(!IS_WHOLE)(
    `R6: links that are late, let one byte a second through or are half open, of worker and control plane ${LATER}`,
    async () => {
      const figures = await badLinks(1)
      expect(figures.violations).toEqual([])
      expect(Number(figures['acknowledged_over_http'])).toBeGreaterThan(0)
    },
    600_000,
  )
})
