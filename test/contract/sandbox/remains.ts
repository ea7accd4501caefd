import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import { groupsOf, running } from './traces.ts'
import type { SandboxWorld } from './world.ts'

/** The short form; `GANDER_SANDBOXES=200` for the whole. */
const SANDBOXES = Number(process.env['GANDER_SANDBOXES'] ?? 4)
const AT_ONCE = 4

const descriptors = (): number => readdirSync('/proc/self/fd').length
const mountsBelow = (folder: string): readonly string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder))
const below = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted() : []

/** A disk of a few pages, and one file that takes all of it. */
const smallDisk = (folder: string): { readonly fill: () => void; readonly free: () => void } => {
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    fill: () => {
      try {
        writeFileSync(filler, Buffer.alloc(5 * 1024 ** 2))
      } catch {
        // As much as there was room for is written.
      }
    },
    free: () => rmSync(filler),
  }
}

/** What sandboxes leave of themselves, and what a full disk does to them. */
export const describeRemains = (world: SandboxWorld): void => {
  describe('sandboxes that were opened and closed', () => {
    it(`leave no descriptor, process, control group, mount or folder behind (${SANDBOXES} of them)`, async () => {
      await world.shared()
      const { home } = world.ground()
      const [files, open] = [below(home), descriptors()]
      const groups = new Set<string>()
      const mark = `46${Math.floor(Math.random() * 1e6)}`
      const life = async (): Promise<void> => {
        const sandbox = await world.driver().open(world.ground().spec())
        await shellIn(sandbox, 'echo x > kept.txt; sleep 60 &')
        const left = execIn(sandbox, ['sleep', mark])
        await vi.waitFor(() => expect(running(mark).length).toBeGreaterThan(0), { timeout: 20_000, interval: 20 })
        for (const group of groupsOf(running(mark))) groups.add(group)
        await sandbox.capture()
        await sandbox.close()
        await left
      }
      for (let made = 0; made < SANDBOXES; made += AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, SANDBOXES - made) }, life))
      expect(running(mark)).toEqual([])
      if (world.has('memory_limit')) expect(groups.size).toBeGreaterThan(0)
      expect([...groups].filter((group) => existsSync(group))).toEqual([])
      expect(mountsBelow(home)).toEqual([])
      expect(below(home)).toEqual(files)
      await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(open), { timeout: 20_000, interval: 50 })
    })
  })

  describe.skipIf(process.getuid?.() !== 0)('a full disk (skipped without root: it mounts a small one)', () => {
    it('refuses to open a sandbox or to capture it with a reason, leaves nothing, and goes on when there is room', async () => {
      const folder = join(world.ground().root, 'small')
      const disk = smallDisk(folder)
      const home = join(folder, 'home')
      mkdirSync(home, { mode: 0o700 })
      const full = { code: 'storage_full', retryable: true }
      try {
        const driver = world.driverAt(home)
        const sandbox = await driver.open(world.ground().spec())
        await shellIn(sandbox, 'head -c 50000 /dev/zero > more')
        const files = below(home)
        disk.fill()
        await expect(driver.open(world.ground().spec())).rejects.toMatchObject(full)
        const refused = await sandbox.capture().then(
          (capture) => capture.kind,
          (error: unknown) => error,
        )
        if (refused !== 'overlay') expect(refused).toMatchObject(full)
        disk.free()
        expect(below(home).filter((path) => !path.includes('/capture'))).toEqual(files)
        expect((await sandbox.capture()).kind).toBeTruthy()
        await (await driver.open(world.ground().spec())).close()
        await sandbox.close()
      } finally {
        execFileSync('umount', ['--lazy', folder])
      }
    })
  })
}
