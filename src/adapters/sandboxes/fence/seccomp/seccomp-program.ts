import { type Architecture, SYSTEM_CALLS } from './system-calls.ts'

// Classic BPF, linux/bpf_common.h and linux/seccomp.h.
const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06
const KILL_PROCESS = 0x8000_0000
const ALLOW = 0x7fff_0000
const ERRNO = 0x0005_0000
const EPERM = ERRNO | 1
const ENOSYS = ERRNO | 38
const EAFNOSUPPORT = ERRNO | 97

// Offsets in struct seccomp_data. Of an argument only the low half is looked at: the kernel cuts these to int as well.
const AT_NUMBER = 0
const AT_ARCHITECTURE = 4
const argument = (index: number): number => 16 + 8 * index

const X32_BIT = 0x4000_0000
/** CLONE_NEWTIME (0x80) is left out: in clone(2) those bits are the exit signal. */
const NAMESPACE_FLAGS = 0x7e02_0000
const ALLOWED_FAMILIES = [1, 2, 10]
const AF_NETLINK = 16
/** TIOCSTI pushes input into a terminal, TIOCLINUX pastes into a console. */
const REFUSED_IOCTLS = [0x5412, 0x541c]

interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const load = (k: number): Instruction => ({ code: LOAD_WORD, jt: 0, jf: 0, k })
const answer = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k })
const jump = (code: number, k: number, jt: number, jf: number): Instruction => ({ code, jt, jf, k })
const answerIfEqual = (k: number, verdict: number): readonly Instruction[] => [
  jump(JUMP_EQUAL, k, 0, 1),
  answer(verdict),
]

/** Runs `body` for one system call; the body ends in an answer on every way through. */
const forCall = (number: number, body: readonly Instruction[]): readonly Instruction[] => [
  jump(JUMP_EQUAL, number, 0, body.length),
  ...body,
]

/** Only unix and internet sockets, and the routing part of netlink that `os.networkInterfaces()` needs. */
const SOCKET_BODY: readonly Instruction[] = [
  load(argument(0)),
  ...ALLOWED_FAMILIES.flatMap((family) => answerIfEqual(family, ALLOW)),
  jump(JUMP_EQUAL, AF_NETLINK, 0, 3),
  load(argument(2)),
  jump(JUMP_EQUAL, 0, 0, 1),
  answer(ALLOW),
  answer(EAFNOSUPPORT),
]

const CLONE_BODY: readonly Instruction[] = [
  load(argument(0)),
  jump(JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1),
  answer(EPERM),
  answer(ALLOW),
]

const IOCTL_BODY: readonly Instruction[] = [
  load(argument(1)),
  ...REFUSED_IOCTLS.flatMap((command) => answerIfEqual(command, EPERM)),
  answer(ALLOW),
]

const instructionsFor = (architecture: Architecture): readonly Instruction[] => {
  const calls = SYSTEM_CALLS[architecture]
  return [
    load(AT_ARCHITECTURE),
    jump(JUMP_EQUAL, calls.audit_arch, 1, 0),
    answer(KILL_PROCESS),
    load(AT_NUMBER),
    ...(architecture === 'x64' ? [jump(JUMP_AT_LEAST, X32_BIT, 0, 1), answer(ENOSYS)] : []),
    ...calls.absent.flatMap((number) => answerIfEqual(number, ENOSYS)),
    ...Object.values(calls.refused).flatMap((number) => answerIfEqual(number, EPERM)),
    ...forCall(calls.socket, SOCKET_BODY),
    ...forCall(calls.socketpair, SOCKET_BODY),
    ...forCall(calls.clone, CLONE_BODY),
    ...forCall(calls.ioctl, IOCTL_BODY),
    answer(ALLOW),
  ]
}

/**
 * The filter for `bwrap --seccomp`: foreign architectures are killed, io_uring, clone3 and x32 do not exist, and what
 * reaches for the kernel, other processes, mounts, keys or foreign sockets is refused.
 */
export const seccompProgram = (architecture: Architecture): Buffer => {
  const instructions = instructionsFor(architecture)
  const program = Buffer.alloc(instructions.length * 8)
  instructions.forEach((instruction, index) => {
    program.writeUInt16LE(instruction.code, index * 8)
    program.writeUInt8(instruction.jt, index * 8 + 2)
    program.writeUInt8(instruction.jf, index * 8 + 3)
    program.writeUInt32LE(instruction.k >>> 0, index * 8 + 4)
  })
  return program
}

/** The architecture of this process, or undefined where there is no table for it. */
export const filteredArchitecture = (): Architecture | undefined =>
  process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined
