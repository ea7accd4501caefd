import { expect, it } from 'vitest'
import { toggleSwitches } from './kill-switch.ts'

it('R15: switches of each scope, after which nothing of what they stop happens for longer than two seconds', async () => {
  const figures = await toggleSwitches(5)
  expect(figures.violations).toEqual([])
  expect(figures['runs_stopped']).toBe(10)
}, 240_000)
