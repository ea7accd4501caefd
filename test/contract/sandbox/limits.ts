import { describe, expect, it } from 'vitest'
import { DEFAULT_SANDBOX_LIMITS } from '#ports'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

/** What a command may use up. */
export const describeLimits = (world: SandboxWorld): void => {
  describe('limits', () => {
    it('refuses memory beyond the limit, and still runs what fits', async () => {
      const sandbox = await world.opened({ limits: { ...DEFAULT_SANDBOX_LIMITS, memory_bytes: 128 * 1024 ** 2 } })
      const greedy = await shellIn(sandbox, 'head -c 500m /dev/zero | tail -n 1 | wc -c')
      expect(greedy.stdout).not.toContain('524288000')
      if (world.has('memory_limit')) expect(greedy.ended_by).toMatch(/out_of_memory|exit/)
      const alone = await execIn(sandbox, ['tail', '-n', '1', '/dev/zero'])
      expect(alone.exit_code).not.toBe(0)
      if (world.has('memory_limit')) expect(alone.ended_by).toBe('out_of_memory')
      expect((await shellIn(sandbox, 'head -c 20m /dev/zero | tail -n 1 | wc -c')).stdout.trim()).toBe('20971520')
    })

    it('refuses processes beyond the limit, and the next command starts as usual', async () => {
      const sandbox = await world.opened({ limits: { ...DEFAULT_SANDBOX_LIMITS, pids: 40 } })
      const bomb = await shellIn(sandbox, 'i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all')
      expect(bomb.stdout).not.toContain('all')
      // What was killed counts no more, also where it had lost its parent.
      const most = '(i=0; while [ $i -lt 25 ]; do sleep 20 & i=$((i+1)); done; echo all)'
      for (const round of [1, 2]) expect((await shellIn(sandbox, most)).stdout, `round ${round}`).toBe('all\n')
    })

    it('refuses a writable layer beyond its size', async () => {
      const sandbox = await world.opened({
        limits: { ...DEFAULT_SANDBOX_LIMITS, upper_bytes: 8 * 1024 ** 2, upper_inodes: 200 },
      })
      expect((await shellIn(sandbox, 'head -c 20m /dev/zero > big')).stderr).toMatch(/no space left/i)
      expect(
        (await shellIn(sandbox, 'rm -f big; i=0; while [ $i -lt 400 ]; do : > f$i || exit 9; i=$((i+1)); done'))
          .exit_code,
      ).not.toBe(0)
    })

    it('shares one processor among all processes where that is held, and still finishes', async () => {
      const sandbox = await world.opened({ limits: { ...DEFAULT_SANDBOX_LIMITS, cpus: 0.25 } })
      const spin = `const until = Date.now() + 1000; while (Date.now() < until); const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)`
      const result = await execIn(sandbox, ['node', '-e', spin])
      expect(result.exit_code).toBe(0)
      // A quarter of a processor for a second; starting took some before the clock ran.
      if (world.has('cpu_limit')) expect(Number(result.stdout)).toBeLessThan(700)
    })
  })
}
