import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Sandbox, SandboxProcess, StartRequest } from '#ports'
import { execIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

const begin = (
  sandbox: Sandbox,
  argv: readonly string[],
  changes: Partial<StartRequest> = {},
): Promise<SandboxProcess> => sandbox.start({ argv, timeout_ms: 30_000, network: { kind: 'none' }, ...changes })

const everything = async (spoken: SandboxProcess): Promise<string> => {
  let text = ''
  for await (const chunk of spoken.output) text += Buffer.from(chunk).toString('latin1')
  return text
}

/** Commands that are spoken with. */
export const describeSpoken = (world: SandboxWorld): void => {
  describe('start', () => {
    it('speaks with a command in both directions until its input is closed', async () => {
      const spoken = await begin(await world.shared(), [
        'sh',
        '-c',
        'while read -r line; do echo "got $line"; done; exit 3',
      ])
      const output = spoken.output[Symbol.asyncIterator]()
      for (const word of ['one', 'two']) {
        await spoken.write(`${word}\n`)
        expect(Buffer.from((await output.next()).value ?? []).toString()).toBe(`got ${word}\n`)
      }
      spoken.closeInput()
      expect(await output.next()).toMatchObject({ done: true })
      expect(await spoken.ended).toMatchObject({ exit_code: 3, signal: null, ended_by: 'exit' })
    })

    it('gives output raw and errors stripped, the last of them', async () => {
      const line = `printf '\\033[31mred\\377'; printf '\\033[31mred\\033[0m'>&2; head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2`
      const spoken = await begin(await world.shared(), ['sh', '-c', line])
      expect(await everything(spoken)).toBe('\x1b[31mred\xff')
      await spoken.ended
      await sleep(50)
      expect(spoken.errors().endsWith('xxend\n')).toBe(true)
      expect(spoken.errors().length).toBeLessThanOrEqual(65_536)
      expect(spoken.errors()).not.toContain('\x1b')
    })

    it('holds a writer back while the command does not read, and refuses when it never will', async () => {
      const sandbox = await world.shared()
      const slow = await begin(sandbox, ['sh', '-c', 'sleep 0.5; wc -c'])
      const began = Date.now()
      await slow.write(Buffer.alloc(4_000_000, 'x'))
      expect(Date.now() - began).toBeGreaterThan(250)
      slow.closeInput()
      expect((await everything(slow)).trim()).toBe('4000000')
      const deaf = await begin(sandbox, ['true'])
      await deaf.ended
      await expect(deaf.write('x')).rejects.toThrow()
    })

    it('is killed with everything it started', async () => {
      const sandbox = await world.shared()
      const spoken = await begin(sandbox, [
        'sh',
        '-c',
        `setsid sh -c 'sleep 1; touch survived-1' & (trap '' TERM; sleep 1; touch survived-2) & echo up; sleep 60`,
      ])
      await spoken.output[Symbol.asyncIterator]().next()
      await Promise.all([spoken.kill(), spoken.kill()])
      expect(await spoken.ended).toMatchObject({ exit_code: null, ended_by: 'aborted' })
      await sleep(1300)
      expect(readdirSync(sandbox.tree.path).filter((name) => name.startsWith('survived'))).toEqual([])
      expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
    })

    it('ends at its timeout, by its signal, and when the sandbox closes', async () => {
      const sandbox = await world.opened()
      const abort = new AbortController()
      const timed = await begin(sandbox, ['sleep', '60'], { timeout_ms: 300 })
      const none = { kind: 'none' } as const
      const aborted = await sandbox.start({ argv: ['sleep', '60'], timeout_ms: 30_000, network: none }, abort.signal)
      const closed = await begin(sandbox, ['sleep', '60'])
      expect(await timed.ended).toMatchObject({ ended_by: 'timeout' })
      abort.abort()
      expect(await aborted.ended).toMatchObject({ ended_by: 'aborted' })
      await sandbox.close()
      expect(await closed.ended).toMatchObject({ ended_by: 'aborted' })
      await expect(begin(sandbox, ['true'])).rejects.toMatchObject({ code: 'sandbox_unavailable' })
      expect(existsSync(sandbox.tree.path)).toBe(false)
    })

    it('has the same fence: the tree is written, the host is not seen, and requests are checked', async () => {
      const sandbox = await world.shared()
      const spoken = await begin(sandbox, [
        'sh',
        '-c',
        'touch made; cat /etc/shadow /proc/1/environ 2>/dev/null | grep -c root:.*:',
      ])
      expect((await everything(spoken)).trim()).toBe('0')
      expect(existsSync(join(sandbox.tree.path, 'made'))).toBe(true)
      for (const argv of [['a\0b'], []]) {
        const never = await begin(sandbox, argv)
        expect(await never.ended).toMatchObject({ exit_code: 126 })
        expect(never.errors()).toContain('not started')
        expect(await everything(never)).toBe('')
      }
      const missing = await begin(sandbox, ['no-such-program'])
      expect((await missing.ended).exit_code).not.toBe(0)
    })
  })
}
