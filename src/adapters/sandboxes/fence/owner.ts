import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { readText } from './read-text.ts'

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
