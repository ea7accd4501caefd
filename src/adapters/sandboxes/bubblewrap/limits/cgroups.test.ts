import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findCgroupSupport } from './cgroups.ts'
import { cgroupMounts } from './hierarchies.ts'

const LIMITS = { memory_bytes: 1000, cpus: 1.5, pids: 7, upper_bytes: 1, upper_inodes: 1 }

describe('cgroupMounts', () => {
  it('finds both versions in mountinfo, also below optional fields', () => {
    const text = [
      '31 23 0:27 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory',
      '32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate',
      '33 23 0:29 / /home rw - ext4 /dev/vda rw',
    ].join('\n')
    expect(cgroupMounts(text)).toEqual([
      { kind: 'cgroup', point: '/sys/fs/cgroup/memory', options: ['rw', 'memory'] },
      { kind: 'cgroup2', point: '/sys/fs/cgroup/unified', options: ['rw', 'nsdelegate'] },
    ])
  })
})

// Plain files stand in for the unified hierarchy: what is written where is what the kernel would be told.
describe('a unified hierarchy', () => {
  let root: string
  let point: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gander-cgroup-'))
    point = join(root, 'fs')
    mkdirSync(join(root, 'proc/self'), { recursive: true })
    mkdirSync(point)
    writeFileSync(join(root, 'proc/self/mountinfo'), `1 1 0:1 / ${point} rw - cgroup2 cgroup2 rw\n`)
    writeFileSync(join(root, 'proc/self/cgroup'), '0::/\n')
    writeFileSync(join(point, 'cgroup.controllers'), 'cpu io memory pids\n')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('gets controllers enabled on the way down and the three limits', () => {
    const support = findCgroupSupport(root)
    expect(support).toMatchObject({ version: 'v2', resources: ['memory', 'pids', 'cpu'] })
    const set = support.make('one', LIMITS)
    const read = (path: string): string => readFileSync(join(point, path), 'utf8')
    expect(read('cgroup.subtree_control')).toBe('+memory +pids +cpu')
    expect(read('gander/cgroup.subtree_control')).toBe('+memory +pids +cpu')
    expect([read('gander/one/memory.max'), read('gander/one/pids.max'), read('gander/one/cpu.max')]).toEqual([
      '1000',
      '7',
      '150000 100000',
    ])
    expect(set.folders).toEqual([join(point, 'gander/one')])
    expect(set.outOfMemoryKills()).toBe(0)
    writeFileSync(join(point, 'gander/one/memory.events'), 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n')
    expect(set.outOfMemoryKills()).toBe(2)
  })

  it('takes swap away, counts nothing out of a group, and kills what is left in one write where the kernel can', async () => {
    const support = findCgroupSupport(root)
    const folder = join(point, 'gander/two')
    mkdirSync(folder, { recursive: true })
    for (const file of ['memory.swap.max', 'memory.oom.group', 'cgroup.kill', 'cgroup.procs']) {
      writeFileSync(join(folder, file), '')
    }
    const set = support.make('two', LIMITS)
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
    expect([read('memory.swap.max'), read('memory.oom.group')]).toEqual(['0', '0'])
    const removed = set.remove()
    // A folder of plain files cannot be removed as a group is: the kill is seen before it is emptied.
    await vi.waitFor(() => expect(read('cgroup.kill')).toBe('1'))
    rmSync(folder, { recursive: true })
    await removed
    expect(existsSync(folder)).toBe(false)
  })

  it('is not used where it offers no controller', () => {
    writeFileSync(join(point, 'cgroup.controllers'), '\n')
    expect(findCgroupSupport(root)).toMatchObject({ version: 'none', resources: [] })
  })
})
