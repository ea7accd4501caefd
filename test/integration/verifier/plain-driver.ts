import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecRequest, ExecResult, Sandbox, SandboxDriver, SandboxSpec } from '#ports'

/**
 * A driver that copies trees and mounts them at /workspace with bubblewrap, without any fence: for tests of what a
 * verifier makes of commands, not of what holds them. The fences have their own tests.
 */
export function plainDriver(): SandboxDriver {
  return {
    name: 'plain',
    isolation: 'shared_kernel',
    probe: async () => ({
      driver: 'plain',
      isolation: 'shared_kernel',
      available: true,
      privilege: 'rootless',
      controls: [],
    }),
    open: async (spec) => openPlain(spec),
    sweep: async () => 0,
  }
}

function openPlain(spec: SandboxSpec): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'gander-plain-'))
  const layered = spec.writable.kind === 'setup_layer' ? spec.writable.path : folder
  const tree = join(folder, 'tree')
  const home = join(layered, 'home')
  for (const path of [tree, home]) mkdirSync(path, { recursive: true })
  cpSync(spec.checkout, tree, { recursive: true, verbatimSymlinks: true })
  if (spec.setup_layer !== null)
    for (const [from, to] of [
      ['tree', tree],
      ['home', home],
    ] as const)
      cpSync(join(spec.setup_layer.path, from), to, { recursive: true, verbatimSymlinks: true })
  return {
    id: folder,
    fingerprint: 'plain',
    tree: { path: tree, uid: 0, gid: 0 },
    capture: async () => ({ kind: 'whole', folder: tree, refused: [] }),
    start: () => Promise.reject(new Error('the plain driver speaks with no command')),
    exec: (request, signal) => execPlain({ tree, home }, request, signal),
    close: async () => {
      if (spec.writable.kind === 'setup_layer')
        cpSync(tree, join(layered, 'tree'), { recursive: true, verbatimSymlinks: true })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const BUBBLEWRAP = 'bwrap'
const HIDDEN = new Set(['proc', 'dev', 'tmp', 'workspace', 'home', 'sys'])

function execPlain(
  { tree, home }: { readonly tree: string; readonly home: string },
  request: ExecRequest,
  signal?: AbortSignal,
): Promise<ExecResult> {
  const binds = readdirSync('/')
    .filter((name) => !HIDDEN.has(name))
    .flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`])
  const mounts = [
    '--tmpfs',
    '/',
    ...binds,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--bind',
    tree,
    '/workspace',
    '--bind',
    home,
    '/home/agent',
  ]
  const args = [
    ...mounts,
    '--die-with-parent',
    '--new-session',
    '--unshare-pid',
    '--chdir',
    `/workspace/${request.cwd ?? ''}`,
    ...request.argv,
  ]
  const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
  const env = { PATH, HOME: '/home/agent', LANG: 'C.UTF-8', MAVEN_OPTS: '-Duser.home=/home/agent', ...request.env }
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(BUBBLEWRAP, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, timedOut] = ['', '', false]
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, request.timeout_ms)
    signal?.addEventListener('abort', () => child.kill('SIGKILL'))
    child.on('close', (exit_code, killed) => {
      clearTimeout(timer)
      const ended_by = timedOut ? 'timeout' : signal?.aborted === true ? 'aborted' : 'exit'
      const duration_ms = performance.now() - started
      resolve({
        exit_code,
        signal: killed,
        ended_by,
        stdout,
        stderr,
        truncated_bytes: 0,
        duration_ms,
      })
    })
  })
}
