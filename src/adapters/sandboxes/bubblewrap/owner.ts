import { randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { readText } from './host-programs.ts'

/** Which process made a sandbox; enough to tell later, from any process, whether it still lives. */
export interface Owner {
  readonly host: string
  readonly boot: string
  /** Process ids mean something only inside their namespace. */
  readonly pid_namespace: string
  readonly pid: number
  /** Clock ticks from boot to the start of the process: tells a reused id apart. */
  readonly started: string
}

/** What a sandbox leaves outside its own folder if its worker dies. */
export interface SandboxRecord {
  readonly owner: Owner
  readonly sandbox_id: string
  readonly run_id: string
  /** Absolute folders: cgroups, and work folders of a setup layer. */
  readonly cgroups: readonly string[]
  readonly scratch: readonly string[]
}

const RECORD_FILE = 'sandbox.json'
/** Uids (as root) are handed out from base to base + this, one per living sandbox. */
const SLOTS = 1 << 20

const startOf = (pid: number | 'self'): string | undefined => {
  const stat = readText(`/proc/${pid}/stat`)
  // The command's name may hold spaces and parentheses; the fields are counted from the last parenthesis.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

const bootId = (): string => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')

/** This process as an owner. */
export const thisOwner = (): Owner => ({
  host: hostname(),
  boot: bootId(),
  pid_namespace: pidNamespace(),
  pid: process.pid,
  started: startOf('self') ?? '',
})

/** `dead` only when that is certain: another host's or another container's processes cannot be seen from here. */
export const ownerStatus = (owner: Owner): 'alive' | 'dead' | 'unknown' => {
  if (owner.host !== hostname()) return 'unknown'
  if (owner.boot !== bootId()) return 'dead'
  if (owner.pid_namespace !== pidNamespace()) return 'unknown'
  return startOf(owner.pid) === owner.started ? 'alive' : 'dead'
}

/** A name for the control groups of one sandbox that tells its owner by itself. */
export const cgroupName = (owner: Owner, slot: number): string =>
  [owner.pid_namespace, owner.pid, owner.started, slot].join('-')

/** True when a control group's name is of a process of this namespace that has ended. */
export const isNameOfDead = (name: string): boolean => {
  const [namespace, pid, started] = /^(\d+)-(\d+)-(\d+)-\d+$/.exec(name)?.slice(1) ?? []
  return namespace === pidNamespace() && startOf(Number(pid)) !== started
}

/** Folder that holds one folder per living sandbox. */
const sandboxesFolder = (home: string): string => join(home, 'sandboxes')

/** Claims a number that no living sandbox under this home has, by making its folder. */
export const claimSlot = (home: string): { readonly slot: number; readonly folder: string } => {
  const parent = sandboxesFolder(home)
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const slot = randomInt(SLOTS)
    const folder = join(parent, String(slot))
    try {
      mkdirSync(folder, { mode: 0o700 })
      return { slot, folder }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw new GanderError('sandbox_unavailable', `No free slot was found in ${parent}.`, {
    remedy: 'Remove folders of that directory that belong to no running worker.',
  })
}

/** Writes what a sweep needs to know. */
export const writeRecord = (folder: string, record: SandboxRecord): void =>
  writeFileSync(join(folder, RECORD_FILE), JSON.stringify(record), { mode: 0o600 })

/** Folders of sandboxes with their records; a folder without a readable record has none. */
export const readRecords = (
  home: string,
): readonly { readonly folder: string; readonly record: SandboxRecord | undefined }[] => {
  const parent = sandboxesFolder(home)
  let names: readonly string[]
  try {
    names = readdirSync(parent).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return names.map((name) => {
    const folder = join(parent, name)
    try {
      return { folder, record: JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')) as SandboxRecord }
    } catch {
      return { folder, record: undefined }
    }
  })
}
