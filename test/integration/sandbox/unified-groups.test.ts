import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cgroupMounts } from '../../../src/adapters/sandboxes/bubblewrap/limits/hierarchies.ts'
import { findCgroupSupport, removeCgroup } from '../../../src/adapters/sandboxes/bubblewrap/limits/cgroups.ts'
import { makeCommandGroup } from '../../../src/adapters/sandboxes/docker/command-group.ts'
import type { Container } from '../../../src/adapters/sandboxes/docker/container.ts'
import { DEFAULT_SANDBOX_LIMITS } from '#ports'

const name = `gander-test-${process.pid}`

/** The unified hierarchy of this machine, where groups can be made in it. */
const unified = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
  .filter(({ kind }) => kind === 'cgroup2')
  .map(({ point }) => point)
  .find((point) => {
    try {
      mkdirSync(join(point, name))
      rmdirSync(join(point, name))
      return true
    } catch {
      return false
    }
  })

const offered = unified === undefined ? '' : readFileSync(join(unified, 'cgroup.controllers'), 'utf8')
const has_limits = ['memory', 'pids', 'cpu'].every((controller) => offered.split(/\s+/).includes(controller))

const living = (group: string): readonly string[] =>
  readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)

/** Processes in sessions of their own and deaf to signals, all born into one group. */
const fill = async (group: string): Promise<ChildProcess> => {
  const deaf = `trap '' TERM INT HUP; sleep 60`
  const script = `echo $$ >"$1/cgroup.procs"; for i in 1 2 3; do setsid sh -c "${deaf}" & done; echo up; wait`
  const child = spawn('sh', ['-c', script, 'sh', group], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout ?? child, 'data')
  return child
}

describe.skipIf(unified === undefined)(
  'groups of the unified hierarchy, on a real kernel (skipped where none can be made in one)',
  () => {
    const group = join(unified ?? '', name)
    afterEach(async () => {
      if (existsSync(group)) await removeCgroup(group)
    })

    it('are ended by one write, with everything in them, and removed', async () => {
      mkdirSync(group)
      const child = await fill(group)
      expect(living(group).length).toBeGreaterThan(3)
      await removeCgroup(group)
      expect(existsSync(group)).toBe(false)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
    })

    it('hold one command of a container: what it forks is born into its group and ends with it', async () => {
      mkdirSync(group)
      const child = spawn('sh', ['-c', 'read go; setsid sleep 60 & echo up; read end'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      writeFileSync(join(group, 'cgroup.procs'), String(child.pid))
      const container = { cgroups: { version: 'v2', processes: group, memory: undefined } } as unknown as Container
      const command = makeCommandGroup(container, child.pid ?? 0)
      expect(living(group)).toEqual([])
      child.stdin.write('go\n')
      await once(child.stdout, 'data')
      expect(command?.leads()).toBe(true)
      await command?.end()
      expect(command?.leads()).toBe(false)
      expect(living(group)).toEqual([])
      // The group below is gone, so that the one above can go as well.
      rmdirSync(group)
    })

    it.skipIf(!has_limits)(
      `set the three limits (skipped: the controllers belong to version 1 here; offered are: ${offered.trim()})`,
      async () => {
        const set = findCgroupSupport().make(name, { ...DEFAULT_SANDBOX_LIMITS, pids: 3, memory_bytes: 64 * 1024 ** 2 })
        const [folder = ''] = set.folders
        expect(readFileSync(join(folder, 'pids.max'), 'utf8').trim()).toBe('3')
        expect(readFileSync(join(folder, 'memory.max'), 'utf8').trim()).toBe(String(64 * 1024 ** 2))
        expect(readFileSync(join(folder, 'cpu.max'), 'utf8').trim()).toBe('200000 100000')
        const greedy = spawn('sh', ['-c', `echo $$ >"$1/cgroup.procs"; tail -n 1 /dev/zero`, 'sh', folder])
        await once(greedy, 'exit')
        expect(set.outOfMemoryKills()).toBeGreaterThan(0)
        await set.remove()
        expect(existsSync(folder)).toBe(false)
      },
    )
  },
)
