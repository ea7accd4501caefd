import { spawn } from 'node:child_process'
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { FORBIDDEN_ACTS, probeBinding, type OutsideGround } from '#execution-plane/sandbox'
import type { ExecRequest, Sandbox } from '#ports'
import { makeSandboxGround, type SandboxGround } from '../support/sandbox-fixtures.ts'

let ground: SandboxGround
let sandbox: Sandbox
let outside: OutsideGround

beforeAll(async () => {
  ground = makeSandboxGround({ 'a.txt': 'a\n' })
  const hidden = join(ground.root, 'runs')
  mkdirSync(hidden, { recursive: true })
  const canary = join(hidden, 'canary')
  writeFileSync(canary, 'canary\n', { mode: 0o666 })
  const names = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts']
  const namespaces = Object.fromEntries(names.map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]))
  outside = { canary, hidden, namespaces, architecture: process.arch }
  sandbox = await createBubblewrapDriver({ home: ground.home }).open(ground.spec())
})
afterAll(async () => {
  await sandbox.close()
  ground.remove()
})

/** A sandbox whose commands run in another way than it claims. */
const weakened = (argvOf: (argv: readonly string[]) => readonly string[]): Sandbox => ({
  ...sandbox,
  exec: ({ argv }: ExecRequest) =>
    new Promise((settle) => {
      const [program = '', ...words] = argvOf(argv)
      const child = spawn(program, words, { timeout: 10_000, killSignal: 'SIGKILL' })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (bytes) => (stdout += String(bytes)))
      child.stderr.on('data', (bytes) => (stderr += String(bytes)))
      child.on('close', (exit_code) =>
        settle({ exit_code, signal: null, ended_by: 'exit', stdout, stderr, truncated_bytes: 0, duration_ms: 1 }),
      )
    }),
})

/** Bubblewrap without one of the walls: the rest as it should be. */
const bwrap = (...more: readonly string[]) =>
  weakened((argv) => [
    'bwrap',
    '--unshare-all',
    '--ro-bind',
    '/usr',
    '/usr',
    '--symlink',
    'usr/bin',
    '/bin',
    '--symlink',
    'usr/lib',
    '/lib',
    '--symlink',
    'usr/lib64',
    '/lib64',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...more,
    ...argv,
  ])

describe('the forbidden acts', () => {
  it('all fail in a run’s sandbox, in one short command', async () => {
    const took: number[] = []
    const nothing: number[] = []
    const request = { argv: ['true'], timeout_ms: 9_000, output_bytes: 100, network: { kind: 'none' } } as const
    for (let n = 0; n < 7; n++) {
      const report = await probeBinding(sandbox, outside)
      expect(report).toMatchObject({ broken: [], unproven: null })
      took.push(report.duration_ms)
      nothing.push((await sandbox.exec(request)).duration_ms)
    }
    expect(FORBIDDEN_ACTS.length).toBeGreaterThan(20)
    const least = (all: readonly number[]) => Math.round(Math.min(...all))
    process.stdout.write(`forbidden acts: ${least(took)} ms, where true takes ${least(nothing)} ms\n`)
  })

  it('leave the sandbox as usable as it was', async () => {
    const request = { argv: ['cat', 'a.txt'], timeout_ms: 9_000, output_bytes: 100, network: { kind: 'none' } } as const
    expect(await sandbox.exec(request)).toMatchObject({ exit_code: 0, stdout: 'a\n' })
  })

  it('are all found where there is no sandbox at all', async () => {
    const { broken } = await probeBinding(
      weakened((argv) => argv),
      outside,
    )
    expect(broken).toEqual(
      expect.arrayContaining(['canary_read', 'canary_written', 'worker_folder_seen', 'namespace:net']),
    )
  })

  it.each([
    ['the worker’s folder is shown', () => ['--bind', ground.root, ground.root], 'canary_read'],
    ['the network is the host’s', () => ['--share-net'], 'namespace:net'],
    ['the root can be written to', () => ['--tmpfs', '/etc'], 'written:/etc'],
    [
      'an engine’s socket is shown',
      () => ['--ro-bind', '/etc/hostname', '/run/docker.sock'],
      'socket:/run/docker.sock',
    ],
  ])('are found where %s', async (_, more, finding) => {
    const report = await probeBinding(bwrap(...more()), outside)
    expect(report.unproven).toBeNull()
    expect(report.broken).toContain(finding)
  })

  it('that cannot be tried prove nothing', async () => {
    const report = await probeBinding(
      weakened(() => ['false']),
      outside,
    )
    expect(report).toMatchObject({ broken: [], unproven: expect.stringContaining('exit 1') })
  })
})
