import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

/** How commands end: with everything they started, whatever that does. */
export const describeEndings = (world: SandboxWorld): void => {
  describe('the end of a command', () => {
    it('ends the whole process tree at the timeout', async () => {
      const sandbox = await world.shared()
      const began = Date.now()
      const result = await shellIn(
        sandbox,
        'setsid sh -c "sleep 3; touch survived" & (trap "" TERM INT HUP; sleep 60) & sleep 60',
        { timeout_ms: 300 },
      )
      expect(result).toMatchObject({ ended_by: 'timeout', exit_code: null })
      expect(Date.now() - began).toBeLessThan(2500)
      await sleep(3300)
      expect(existsSync(join(sandbox.tree.path, 'survived'))).toBe(false)
    })

    it('never lets a command run on that was ended while it was being started', async () => {
      const sandbox = await world.shared()
      const { at_once, longest_ms } = world.cuts
      for (const longest of longest_ms) {
        const started = Array.from({ length: at_once }, (_, index) =>
          shellIn(sandbox, `sleep ${longest / 1000 + 0.5}; touch survived-${longest}-${index}`, {
            timeout_ms: Math.round((index * longest) / at_once),
          }),
        )
        for (const result of await Promise.all(started)) expect(result.ended_by).toBe('timeout')
      }
      await sleep(Math.max(...longest_ms) + 700)
      const survived = readdirSync(sandbox.tree.path).filter((name) => name.startsWith('survived'))
      expect(survived).toEqual([])
    })

    it('leaves no daemon behind when a command ends by itself', async () => {
      const sandbox = await world.shared()
      const began = Date.now()
      const result = await shellIn(
        sandbox,
        'setsid sh -c "sleep 1; touch survived" >/dev/null 2>&1 & setsid sleep 30 & echo done',
      )
      expect(result).toMatchObject({ stdout: 'done\n', exit_code: 0 })
      expect(Date.now() - began).toBeLessThan(2000)
      await sleep(1300)
      expect(existsSync(join(sandbox.tree.path, 'survived'))).toBe(false)
    })

    it('ends a command when the signal aborts, also when it had aborted before', async () => {
      const sandbox = await world.shared()
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 100)
      expect(await execIn(sandbox, ['sleep', '30'], {}, abort.signal)).toMatchObject({
        ended_by: 'aborted',
        exit_code: null,
      })
      expect(await execIn(sandbox, ['sleep', '30'], {}, abort.signal)).toMatchObject({ ended_by: 'aborted' })
      expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
    })

    it('takes along what ignores every signal, what is stopped, and what was forked twice', async () => {
      const sandbox = await world.shared()
      const hostile = `(trap '' TERM INT HUP QUIT; sh -c 'sleep 1.2; touch survived-trap') & sh -c 'sleep 1.2; touch survived-stop' & kill -STOP $!; (setsid sh -c '(sleep 1.2; touch survived-twice) &' &) ; exit 0`
      expect(await shellIn(sandbox, `${hostile} >/dev/null 2>&1`)).toMatchObject({ exit_code: 0 })
      const timed = await shellIn(sandbox, `(${hostile}) >/dev/null 2>&1; sleep 60`, { timeout_ms: 500 })
      expect(timed.ended_by).toBe('timeout')
      expect(timed.duration_ms).toBeLessThan(1500)
      await sleep(1500)
      expect(readdirSync(sandbox.tree.path).filter((name) => name.startsWith('survived'))).toEqual([])
      expect((await shellIn(sandbox, 'sleep 0.1 & wait; touch waited; ls waited')).stdout).toBe('waited\n')
    })

    it('is within a second of the timeout also for a flood of processes and of output', async () => {
      const sandbox = await world.shared()
      const flood = await shellIn(sandbox, 'for i in 1 2 3; do yes & done; sleep 60', {
        timeout_ms: 500,
        output_bytes: 20_000,
      })
      expect(flood).toMatchObject({ ended_by: 'timeout', exit_code: null })
      expect(flood.duration_ms).toBeLessThan(1500)
      expect(flood.stdout.length).toBeLessThan(20_200)
    })
  })
}
