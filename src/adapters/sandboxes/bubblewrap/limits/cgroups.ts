import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxLimits } from '#ports'
import { readText } from '../../fence/read-text.ts'
import { type CgroupHierarchy, cgroupMounts, hierarchies, type LimitedResource } from './hierarchies.ts'

/** The control groups of one sandbox. */
export interface CgroupSet {
  /** Absolute folders; a process joins by writing its id to `cgroup.procs` of each. */
  readonly folders: readonly string[]
  /** How many processes the kernel has killed for lack of memory. */
  outOfMemoryKills(): number
  /** Kills every process and removes the folders. */
  remove(): Promise<void>
}

const PERIOD_US = 100_000

const write = (folder: string, file: string, value: string | number): void =>
  writeFileSync(join(folder, file), String(value))

const writeIfThere = (folder: string, file: string, value: string | number): void => {
  if (existsSync(join(folder, file))) write(folder, file, value)
}

const LIMITERS = {
  v1: {
    memory: (folder: string, limits: SandboxLimits) => {
      write(folder, 'memory.limit_in_bytes', limits.memory_bytes)
      // Memory and swap together get the same limit: no swap. The file is absent where swap is not accounted.
      writeIfThere(folder, 'memory.memsw.limit_in_bytes', limits.memory_bytes)
    },
    pids: (folder: string, limits: SandboxLimits) => write(folder, 'pids.max', limits.pids),
    cpu: (folder: string, limits: SandboxLimits) => {
      write(folder, 'cpu.cfs_period_us', PERIOD_US)
      write(folder, 'cpu.cfs_quota_us', Math.max(1000, Math.round(limits.cpus * PERIOD_US)))
    },
  },
  v2: {
    memory: (folder: string, limits: SandboxLimits) => {
      write(folder, 'memory.max', limits.memory_bytes)
      writeIfThere(folder, 'memory.swap.max', 0)
      writeIfThere(folder, 'memory.oom.group', 0)
    },
    pids: (folder: string, limits: SandboxLimits) => write(folder, 'pids.max', limits.pids),
    cpu: (folder: string, limits: SandboxLimits) =>
      write(folder, 'cpu.max', `${Math.max(1000, Math.round(limits.cpus * PERIOD_US))} ${PERIOD_US}`),
  },
} as const

const killCount = (hierarchy: CgroupHierarchy, folder: string): number => {
  try {
    const file = hierarchy.version === 'v1' ? 'memory.oom_control' : 'memory.events'
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const makeFolder = (hierarchy: CgroupHierarchy, name: string, limits: SandboxLimits): string => {
  const parent = join(hierarchy.folder, 'gander')
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true })
  if (hierarchy.version === 'v2') {
    write(parent, 'cgroup.subtree_control', hierarchy.resources.map((resource) => `+${resource}`).join(' '))
  }
  for (const resource of hierarchy.resources) LIMITERS[hierarchy.version][resource](folder, limits)
  return folder
}

const killAll = (folder: string): boolean => {
  try {
    if (existsSync(join(folder, 'cgroup.kill'))) write(folder, 'cgroup.kill', 1)
    const members = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
    for (const pid of members.filter((pid) => pid > 0)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself in the meantime.
      }
    }
    return members.length > 0
  } catch {
    return false
  }
}

/** Kills what is in a control group and removes it; a group that is gone already is fine. */
export const removeCgroup = async (folder: string): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      rmdirSync(folder)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      killAll(folder)
      // A killed process leaves its group only when it has really ended.
      await sleep(attempt < 20 ? 2 : 25)
    }
  }
  try {
    rmdirSync(dirname(folder))
  } catch {
    // Other sandboxes are in there.
  }
}

/** Control groups of sandboxes, by folder name, with every folder that has the name. */
export const listCgroups = (root = '/'): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  for (const { point } of cgroupMounts(readText(join(root, 'proc/self/mountinfo')) ?? '')) {
    const parent = join(point, 'gander')
    if (!existsSync(parent)) continue
    for (const entry of readdirSync(parent, { withFileTypes: true })) {
      if (entry.isDirectory()) found.set(entry.name, [...(found.get(entry.name) ?? []), join(parent, entry.name)])
    }
  }
  return found
}

/** Which resources this process can limit with control groups, and where. */
export interface CgroupSupport {
  readonly resources: readonly LimitedResource[]
  readonly version: 'v1' | 'v2' | 'none'
  make(name: string, limits: SandboxLimits): CgroupSet
}

/** Looks at the mounted hierarchies and tries each by making a group in it. */
export const findCgroupSupport = (root = '/'): CgroupSupport => {
  const usable = hierarchies(root)
  return {
    resources: usable.flatMap((hierarchy) => hierarchy.resources),
    version: usable[0]?.version ?? 'none',
    make: (name, limits) => {
      const made: (readonly [CgroupHierarchy, string])[] = []
      try {
        for (const hierarchy of usable) made.push([hierarchy, makeFolder(hierarchy, name, limits)])
      } catch (error) {
        for (const [, folder] of made) void removeCgroup(folder)
        throw error
      }
      const folders = made.map(([, folder]) => folder)
      const with_memory = made.find(([hierarchy]) => hierarchy.resources.includes('memory'))
      return {
        folders,
        outOfMemoryKills: () => (with_memory === undefined ? 0 : killCount(...with_memory)),
        remove: async () => {
          await Promise.all(folders.map(removeCgroup))
        },
      }
    },
  }
}
