import type { Architecture } from '../seccomp/system-calls.ts'

/** mov eax,1; mov ebx,42; int 0x80 (exit of the 32-bit table); mov eax,60; mov edi,7; syscall (exit of the own one). */
const INT_80 = Buffer.from('b801000000bb2a000000cd80b83c000000bf070000000f05', 'hex')

const BASE = 0x40_0000
const HEADERS = 64 + 56

/** A whole ELF program of one loaded segment that is only headers and code. */
const elf = (code: Buffer): Buffer => {
  const file = Buffer.alloc(HEADERS + code.length)
  Buffer.from('7f454c46020101', 'hex').copy(file, 0)
  file.writeUInt16LE(2, 16) // executable
  file.writeUInt16LE(62, 18) // x86_64
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(BASE + HEADERS), 24) // entry
  file.writeBigUInt64LE(64n, 32) // program headers
  file.writeUInt16LE(64, 52)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(1, 56)
  file.writeUInt32LE(1, 64) // load
  file.writeUInt32LE(5, 68) // read and execute
  file.writeBigUInt64LE(BigInt(BASE), 80)
  file.writeBigUInt64LE(BigInt(BASE), 88)
  file.writeBigUInt64LE(BigInt(file.length), 96)
  file.writeBigUInt64LE(BigInt(file.length), 104)
  file.writeBigUInt64LE(0x1000n, 112)
  code.copy(file, HEADERS)
  return file
}

/** A program that makes a system call of another table than the filter was written for; none for other processors. */
export const foreignProgram = (architecture: Architecture): Buffer | undefined =>
  architecture === 'x64' ? elf(INT_80) : undefined
