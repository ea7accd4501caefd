import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from '../../fence/read-text.ts'

/** The limits that control groups can hold. */
export type LimitedResource = 'memory' | 'pids' | 'cpu'

/** A place where control groups for these resources can be made. */
export interface CgroupHierarchy {
  readonly version: 'v1' | 'v2'
  /** Absolute folder below which `gander/` is made. */
  readonly folder: string
  readonly resources: readonly LimitedResource[]
}

const RESOURCES: readonly LimitedResource[] = ['memory', 'pids', 'cpu']

interface Mount {
  readonly kind: string
  readonly point: string
  readonly options: readonly string[]
}

/** Mount points of control groups, from the text of /proc/self/mountinfo. */
export const cgroupMounts = (mountinfo: string): readonly Mount[] =>
  mountinfo.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ')
    const point = left?.split(' ')[4]
    const [kind, , options] = right?.split(' ') ?? []
    if (point === undefined || (kind !== 'cgroup' && kind !== 'cgroup2')) return []
    return [{ kind, point: point.replaceAll('\\040', ' '), options: options?.split(',') ?? [] }]
  })

/** Folders to try in a unified hierarchy: its root, this process's own group, and that group's parent. */
const unifiedCandidates = (point: string, root: string): readonly string[] => {
  const own = /^0::(.*)$/m.exec(readText(join(root, 'proc/self/cgroup')) ?? '')?.[1] ?? '/'
  return [...new Set([point, join(point, own, '..'), join(point, own)])]
}

/** A process really has to be able to join: writing to a group needs rights on the common ancestor as well. */
const canJoin = (folder: string): boolean =>
  spawnSync('/bin/sh', ['-c', 'echo $$ >"$1"', 'sh', join(folder, 'cgroup.procs')], { stdio: 'ignore', env: {} })
    .status === 0

const trial = (folder: string, prepare: (parent: string) => void): boolean => {
  const parent = join(folder, 'gander')
  const probe = join(parent, `trial-${process.pid}-${process.hrtime.bigint()}`)
  try {
    mkdirSync(probe, { recursive: true })
    prepare(parent)
    return canJoin(probe)
  } catch {
    return false
  } finally {
    for (const made of [probe, parent]) {
      try {
        rmdirSync(made)
      } catch {
        // Never made, or in use by another sandbox.
      }
    }
  }
}

const enable = (folder: string, resources: readonly LimitedResource[]): void =>
  writeFileSync(join(folder, 'cgroup.subtree_control'), resources.map((resource) => `+${resource}`).join(' '))

const usableUnified = (point: string, root: string): CgroupHierarchy | undefined => {
  for (const folder of unifiedCandidates(point, root)) {
    const offered = readText(join(folder, 'cgroup.controllers'))?.trim().split(/\s+/) ?? []
    const resources = RESOURCES.filter((resource) => offered.includes(resource))
    if (resources.length === 0) continue
    const usable = trial(folder, (parent) => {
      enable(folder, resources)
      enable(parent, resources)
    })
    if (usable) return { version: 'v2', folder, resources }
  }
  return undefined
}

/** Every hierarchy in which this process can make and enter groups; `root` stands in for / in tests. */
export const hierarchies = (root: string): readonly CgroupHierarchy[] => {
  let mounts: readonly Mount[]
  try {
    mounts = cgroupMounts(readFileSync(join(root, 'proc/self/mountinfo'), 'utf8'))
  } catch {
    return []
  }
  const found: CgroupHierarchy[] = []
  for (const mount of mounts) {
    const taken = new Set(found.flatMap((hierarchy) => hierarchy.resources))
    if (mount.kind === 'cgroup2') {
      const unified = usableUnified(mount.point, root)
      if (unified !== undefined && unified.resources.every((resource) => !taken.has(resource))) found.push(unified)
      continue
    }
    const resources = RESOURCES.filter((resource) => mount.options.includes(resource) && !taken.has(resource))
    if (resources.length > 0 && trial(mount.point, () => undefined)) {
      found.push({ version: 'v1', folder: mount.point, resources })
    }
  }
  return found
}
