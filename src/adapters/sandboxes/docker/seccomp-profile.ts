import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Architecture, SYSTEM_CALLS } from '../fence/seccomp/system-calls.ts'

interface Condition {
  readonly index: number
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ'
  readonly value: number
  readonly valueTwo?: number
}

interface Rule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ERRNO'
  readonly errnoRet: number
  readonly args?: readonly Condition[]
}

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const LOW_WORD = 0xffff_ffff

/** The same as bubblewrap's filter, so that the two drivers refuse the same calls. */
const ABSENT_NAMES = ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'clone3']
const ALLOWED_FAMILIES = new Set([1, 2, 10, 16])
const AF_NETLINK = 16
const LAST_FAMILY = 63
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of clone(2). */
const NAMESPACE_FLAGS = [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000]
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

interface SeccompProfile {
  readonly defaultAction: string
  readonly architectures: readonly string[]
  readonly syscalls: readonly Rule[]
}

const refuse = (names: readonly string[], errnoRet: number, args?: readonly Condition[]): Rule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  ...(args === undefined ? {} : { args }),
})

const masked = (index: number, mask: number, value: number): Condition => ({
  index,
  op: 'SCMP_CMP_MASKED_EQ',
  value: mask,
  valueTwo: value,
})

/** The kernel cuts the family to an int, so every value above the known ones is refused whatever its upper half says. */
const socketRules = (): readonly Rule[] => {
  const names = ['socket', 'socketpair']
  const families = Array.from({ length: LAST_FAMILY + 1 }, (_, family) => family)
  return [
    ...families
      .filter((family) => !ALLOWED_FAMILIES.has(family))
      .map((value) => refuse(names, EAFNOSUPPORT, [{ index: 0, op: 'SCMP_CMP_EQ', value }])),
    refuse(names, EAFNOSUPPORT, [{ index: 0, op: 'SCMP_CMP_GT', value: LAST_FAMILY }]),
    refuse(names, EAFNOSUPPORT, [
      { index: 0, op: 'SCMP_CMP_EQ', value: AF_NETLINK },
      { index: 2, op: 'SCMP_CMP_NE', value: 0 },
    ]),
  ]
}

/** The engine's form of the system-call filter: everything not named is allowed, foreign architectures are killed. */
export const seccompProfile = (architecture: Architecture): SeccompProfile => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: [architecture === 'x64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64'],
  syscalls: [
    refuse(ABSENT_NAMES, ENOSYS),
    refuse(Object.keys(SYSTEM_CALLS[architecture].refused), EPERM),
    ...socketRules(),
    ...NAMESPACE_FLAGS.map((flag) => refuse(['clone'], EPERM, [masked(0, flag, flag)])),
    ...[TIOCSTI, TIOCLINUX].map((command) => refuse(['ioctl'], EPERM, [masked(1, LOW_WORD, command)])),
  ],
})

/** Writes the profile where the engine's command line reads it, named by its hash. */
export const writeSeccompProfile = (folder: string, architecture: Architecture): { path: string; sha256: string } => {
  const text = JSON.stringify(seccompProfile(architecture))
  const sha256 = createHash('sha256').update(text).digest('hex')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `seccomp-${sha256.slice(0, 16)}.json`)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
  return { path, sha256 }
}
