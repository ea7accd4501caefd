import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { execIn } from '../../support/sandbox-fixtures.ts'
import { groupsOf, running } from './traces.ts'
import type { SandboxWorld } from './world.ts'

/** Opening, closing, and what is left of a worker that died. */
export const describeLife = (world: SandboxWorld): void => {
  describe('close', () => {
    it('ends running commands, is idempotent, and nothing can be run afterwards', async () => {
      const sandbox = await world.opened()
      const running = execIn(sandbox, ['sleep', '60'])
      await sleep(100)
      await Promise.all([sandbox.close(), sandbox.close()])
      expect((await running).ended_by).toBe('aborted')
      await expect(execIn(sandbox, ['true'])).rejects.toMatchObject({ code: 'sandbox_unavailable' })
      expect(existsSync(sandbox.tree.path)).toBe(false)
    })

    it('has a fingerprint that is the same for every sandbox of a host', async () => {
      const [one, other] = [await world.opened(), await world.another().open(world.ground().spec())]
      expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/)
      expect(other.fingerprint).toBe(one.fingerprint)
      expect(one.id).not.toBe(other.id)
      await other.close()
    })

    it('refuses a checkout that is not there with a reason', async () => {
      await expect(
        world.driver().open(world.ground().spec({ checkout: join(world.ground().root, 'absent') })),
      ).rejects.toMatchObject({
        code: 'sandbox_unavailable',
      })
      mkdirSync(join(world.ground().root, 'odd, name: with\\ things'))
      const odd = await world.opened({ checkout: join(world.ground().root, 'odd, name: with\\ things') })
      expect((await execIn(odd, ['true'])).exit_code).toBe(0)
    })
  })

  describe('a worker that was killed', () => {
    it('leaves nothing running, and a sweep removes the rest: processes, control groups, folders', async () => {
      const alive = await world.shared()
      const mark = `47${Math.floor(Math.random() * 1e6)}`
      const [program = '', ...more] = world.worker
      const { home } = world.ground()
      const spec = JSON.stringify(world.ground().spec())
      const worker = spawn(process.execPath, [program, home, spec, mark, ...more], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise<void>((resolve) => worker.stdout.once('data', () => resolve()))
      await vi.waitFor(() => expect(running(mark).length).toBeGreaterThan(1), { timeout: 20_000, interval: 50 })
      const groups = groupsOf(running(mark))
      if (world.has('memory_limit')) expect(groups.length).toBeGreaterThan(0)
      expect(await world.driver().sweep()).toBe(0)
      worker.kill('SIGKILL')
      await once(worker, 'exit')
      // One sandbox that a worker left; a driver whose sandbox ends with its worker may find only the folder.
      expect(await world.driver().sweep()).toBe(1)
      // What was killed is gone once the kernel has taken it away, which a busy machine does a moment later.
      await vi.waitFor(() => expect(running(mark)).toEqual([]), { timeout: 10_000, interval: 50 })
      expect(groups.filter((folder) => existsSync(folder))).toEqual([])
      expect(await world.driver().sweep()).toBe(0)
      expect(await execIn(alive, ['true'])).toMatchObject({ exit_code: 0 })
    })
  })
}
