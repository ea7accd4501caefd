import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from './engine.ts'

/** A running container as this machine sees it. */
export interface Container {
  readonly engine: Engine
  readonly id: string
  readonly name: string
  readonly uid: number
  /** Process id on this machine of the container's first process. */
  readonly first_pid: number
  /** Absolute path through which root reaches the container's file system. */
  readonly root: string
  readonly cgroups: ContainerCgroups
}

/** Where a container's control groups lie on this machine. */
export interface ContainerCgroups {
  readonly version: 'v1' | 'v2'
  /** Groups of single commands are made below this one. */
  readonly processes: string
  readonly memory: string | undefined
}

const ROOT = '/sys/fs/cgroup'

const withoutSlash = (path: string): string => path.replace(/^\/+/, '')

/** Reads `/proc/PID/cgroup`; undefined where neither a freezer of version 1 nor a unified hierarchy is there. */
export const containerCgroups = (text: string): ContainerCgroups | undefined => {
  const rows = text
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .filter((match) => match !== null)
  const of = (controller: string): string | undefined => {
    const path = rows.find(([, names]) => names?.split(',').includes(controller) === true)?.[2]
    return path === undefined ? undefined : join(ROOT, controller, withoutSlash(path))
  }
  const freezer = of('freezer')
  if (freezer !== undefined) return { version: 'v1', processes: freezer, memory: of('memory') }
  const unified = rows.find(([, names]) => names === '')?.[2]
  if (unified === undefined) return undefined
  const folder = join(ROOT, withoutSlash(unified))
  return { version: 'v2', processes: folder, memory: folder }
}

/** How many processes of a container the kernel has killed for lack of memory. */
export const outOfMemoryKills = (cgroups: ContainerCgroups): number => {
  if (cgroups.memory === undefined) return 0
  try {
    const file = cgroups.version === 'v1' ? 'memory.oom_control' : 'memory.events'
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(cgroups.memory, file), 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
