import { chownSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

/** The tree, what the platform sees of it, and the layers of setup. */
export const describeTheTree = (world: SandboxWorld): void => {
  describe('the tree', () => {
    it('shows the checkout in /workspace and leaves it as it is when the copy is changed', async () => {
      const sandbox = await world.opened()
      const result = await shellIn(
        sandbox,
        'cat kept.txt; echo more >> kept.txt; rm -r gone; mkdir -p new/er; echo n > new/er/f',
      )
      expect(result).toMatchObject({ exit_code: 0, stdout: 'base\n', stderr: '', ended_by: 'exit' })
      expect(readFileSync(join(world.ground().checkout, 'kept.txt'), 'utf8')).toBe('base\n')
      expect(existsSync(join(world.ground().checkout, 'gone/a.txt'))).toBe(true)
      expect(readFileSync(join(sandbox.tree.path, 'kept.txt'), 'utf8')).toBe('base\nmore\n')
      expect(existsSync(join(sandbox.tree.path, 'gone'))).toBe(false)
    })

    it('shows the platform exactly what changed', async () => {
      const sandbox = await world.opened()
      await shellIn(sandbox, 'echo x > kept.txt; rm gone/a.txt; echo n > fresh')
      const capture = await sandbox.capture()
      if (capture.kind === 'overlay') {
        expect(readdirSync(capture.upper).toSorted()).toEqual(['fresh', 'gone', 'kept.txt'])
        const whiteout = lstatSync(join(capture.upper, 'gone/a.txt'))
        expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0])
      } else {
        expect(readFileSync(join(capture.folder, 'kept.txt'), 'utf8')).toBe('x\n')
        expect(readFileSync(join(capture.folder, 'src/deep/code.txt'), 'utf8')).toBe('code\n')
        expect(existsSync(join(capture.folder, 'gone/a.txt'))).toBe(false)
        expect(capture.refused).toEqual([])
      }
    })

    it('lets the platform write through the tree path, and the command sees and changes it', async () => {
      const sandbox = await world.opened()
      const path = join(sandbox.tree.path, 'from-outside')
      writeFileSync(path, 'outside')
      chownSync(path, sandbox.tree.uid, sandbox.tree.gid)
      const result = await shellIn(sandbox, 'cat from-outside && echo inside > from-outside && chmod +x from-outside')
      expect(result).toMatchObject({ exit_code: 0, stdout: 'outside' })
      expect(readFileSync(path, 'utf8')).toBe('inside\n')
      expect(lstatSync(path).mode & 0o100).toBe(0o100)
    })

    it('does not bring back the old content of a folder that was deleted and made again', async () => {
      const sandbox = await world.opened()
      const result = await shellIn(sandbox, 'rm -r gone && mkdir gone && ls -A gone | wc -l')
      expect(result.stdout.trim()).toBe('0')
    })

    it('carries changes from one command to the next, and nothing into another sandbox', async () => {
      const [one, other] = [await world.opened(), await world.opened()]
      await shellIn(one, 'echo mine > mark; echo mine > ~/mark')
      expect((await shellIn(one, 'cat mark ~/mark')).stdout).toBe('mine\nmine\n')
      expect((await shellIn(other, 'ls ~ ; ls')).stdout).not.toContain('mark')
    })
  })

  describe('a setup layer', () => {
    it('keeps what setup made on the host, and later sandboxes see it below their own changes', async () => {
      const layer = { path: join(world.ground().root, 'layers', 'one') }
      const setup = await world.opened({ purpose: 'setup', writable: { kind: 'setup_layer', path: layer.path } })
      await shellIn(
        setup,
        'mkdir -m 700 deps && echo v1 > deps/lib && rm gone/a.txt && mkdir -p ~/.cache && echo c > ~/.cache/c',
      )
      await setup.close()
      expect(readFileSync(join(layer.path, 'tree/deps/lib'), 'utf8')).toBe('v1\n')
      expect(readdirSync(layer.path).toSorted()).toEqual(['home', 'tree'])

      const work = await world.opened({ setup_layer: layer })
      const result = await shellIn(
        work,
        'cat deps/lib ~/.cache/c kept.txt; ls gone; echo v2 > deps/lib; echo w > deps/w; echo w > ~/.cache/w',
      )
      expect(result).toMatchObject({ stdout: 'v1\nc\nbase\n', stderr: '', exit_code: 0 })
      expect(readFileSync(join(layer.path, 'tree/deps/lib'), 'utf8')).toBe('v1\n')
      expect(existsSync(join(layer.path, 'home/.cache/w'))).toBe(false)

      const verify = await world.opened({ purpose: 'verify', setup_layer: layer })
      expect((await shellIn(verify, 'cat deps/lib; ls deps ~/.cache')).stdout).toBe(
        'v1\n/home/agent/.cache:\nc\n\ndeps:\nlib\n',
      )
    })

    it('stacks a second setup over a first one', async () => {
      const first = { path: join(world.ground().root, 'layers', 'first') }
      const second = { path: join(world.ground().root, 'layers', 'second') }
      const one = await world.opened({ purpose: 'setup', writable: { kind: 'setup_layer', path: first.path } })
      await shellIn(one, 'echo 1 > one; echo 1 > ~/one')
      await one.close()
      const two = await world.opened({
        purpose: 'setup',
        setup_layer: first,
        writable: { kind: 'setup_layer', path: second.path },
      })
      expect((await shellIn(two, 'cat one ~/one; echo 2 > two; rm one; rm -r src')).exit_code).toBe(0)
      await two.close()
      expect(existsSync(join(first.path, 'tree/one'))).toBe(true)
      expect(readFileSync(join(second.path, 'tree/two'), 'utf8')).toBe('2\n')
    })
  })
}
