import { describe, expect, it } from 'vitest'
import { seccompProgram } from './seccomp-program.ts'
import { type Architecture, SYSTEM_CALLS } from './system-calls.ts'

const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const errno = (number: number): number => 0x0005_0000 | number

/** Runs a filter as the kernel does; throws where it runs off its end or jumps out. */
const judge = (program: Buffer, arch: number, nr: number, args: readonly bigint[] = []): number => {
  const packed = Buffer.alloc(64)
  packed.writeUInt32LE(nr >>> 0, 0)
  packed.writeUInt32LE(arch >>> 0, 4)
  args.forEach((value, index) => packed.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * index))
  let accumulator = 0
  for (let at = 0; ; at += 1) {
    const code = program.readUInt16LE(at * 8)
    const [jt, jf, k] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3), program.readUInt32LE(at * 8 + 4)]
    const jumpIf = (holds: boolean): void => {
      at += holds ? jt : jf
    }
    if (code === 0x20) accumulator = packed.readUInt32LE(k)
    else if (code === 0x15) jumpIf(accumulator === k)
    else if (code === 0x35) jumpIf(accumulator >= k)
    else if (code === 0x45) jumpIf((accumulator & k) !== 0)
    else if (code === 0x06) return k
    else throw new Error(`unknown instruction ${code}`)
  }
}

describe.each(['x64', 'arm64'] as const)('the filter for %s', (architecture: Architecture) => {
  const program = seccompProgram(architecture)
  const calls = SYSTEM_CALLS[architecture]
  const call = (nr: number, ...args: readonly bigint[]): number => judge(program, calls.audit_arch, nr, args)

  it('kills a call of another architecture', () => {
    const other = SYSTEM_CALLS[architecture === 'x64' ? 'arm64' : 'x64'].audit_arch
    expect(judge(program, other, 0)).toBe(KILL)
    expect(judge(program, 0x4000_0003, 0)).toBe(KILL)
  })

  it('refuses every listed call and says of others that they do not exist', () => {
    for (const [name, number] of Object.entries(calls.refused)) expect(call(number), name).toBe(errno(1))
    for (const number of calls.absent) expect(call(number)).toBe(errno(38))
  })

  it('allows everything else a program does', () => {
    const named = new Set([
      ...Object.values(calls.refused),
      ...calls.absent,
      calls.socket,
      calls.socketpair,
      calls.clone,
      calls.ioctl,
    ])
    for (let number = 0; number < 470; number += 1)
      if (!named.has(number)) expect(call(number), String(number)).toBe(ALLOW)
  })

  it('opens unix and internet sockets and routing netlink only', () => {
    for (const family of [1n, 2n, 10n]) expect(call(calls.socket, family, 1n, 0n)).toBe(ALLOW)
    expect(call(calls.socket, 16n, 3n, 0n)).toBe(ALLOW)
    expect(call(calls.socket, 16n, 3n, 9n)).toBe(errno(97))
    for (const family of [0n, 3n, 17n, 38n, 40n, 44n]) expect(call(calls.socket, family, 1n, 0n)).toBe(errno(97))
    // The kernel looks at the low half only, and so does the filter.
    expect(call(calls.socket, 0x1_0000_0028n, 1n, 0n)).toBe(errno(97))
    expect(call(calls.socketpair, 1n, 1n, 0n)).toBe(ALLOW)
  })

  it('starts threads and processes but no namespaces', () => {
    expect(call(calls.clone, 0x3d0f00n)).toBe(ALLOW)
    expect(call(calls.clone, 0x1200011n)).toBe(ALLOW)
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(call(calls.clone, flag | 17n)).toBe(errno(1))
    }
  })

  it('asks terminals but pushes no input into them', () => {
    expect(call(calls.ioctl, 0n, 0x5401n)).toBe(ALLOW)
    expect(call(calls.ioctl, 0n, 0x5412n)).toBe(errno(1))
    expect(call(calls.ioctl, 0n, 0xffff_0000_0000_5412n)).toBe(errno(1))
  })
})

it('has no x32 calls on x86_64', () => {
  expect(judge(seccompProgram('x64'), SYSTEM_CALLS.x64.audit_arch, 0x4000_0000)).toBe(errno(38))
})
