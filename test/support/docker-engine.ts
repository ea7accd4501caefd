import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildTestImage } from './docker-image.ts'

/** An engine with the test image in it, or why there is none. */
export type TestEngine =
  | {
      readonly available: true
      readonly engine: 'docker' | 'podman'
      readonly image: string
      readonly host?: string
      stop(): Promise<void>
    }
  | { readonly available: false; readonly reason: string }

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))) ||
  existsSync(join('/usr/sbin', program))

const answers = (argv: readonly string[]): boolean => {
  try {
    execFileSync('docker', [...argv, 'version'], { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

/** A daemon of the test's own: its own folders, its own socket, no bridge and no packet filter of the machine. */
const startDaemon = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gander-dockerd-'))
  const host = `unix://${folder}/engine.sock`
  const child = spawn(
    'dockerd',
    [
      '--data-root',
      `${folder}/data`,
      '--exec-root',
      `${folder}/exec`,
      '--pidfile',
      `${folder}/pid`,
      '--host',
      host,
      '--iptables=false',
      '--ip6tables=false',
      '--bridge=none',
    ],
    { stdio: 'ignore', env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` } },
  )
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await Promise.race([ended, sleep(15_000).then(() => child.kill('SIGKILL'))])
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (answers(['--host', host])) return { host, stop }
    if (child.exitCode !== null) break
    await sleep(200)
  }
  await stop()
  return undefined
}

const importImage = (program: string, address: readonly string[], root: string): string => {
  const id = execFileSync(
    'sh',
    ['-c', 'root=$1; shift; tar -C "$root" -cf - . | "$@" import - gander-test', 'sh', root, program, ...address],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const hex = /[0-9a-f]{64}/.exec(id)?.[0] ?? ''
  return `sha256:${hex}`
}

/** Starts an engine for tests and builds its image from this machine's own files. */
export const startTestEngine = async (engine: 'docker' | 'podman'): Promise<TestEngine> => {
  const absent = (reason: string): TestEngine => ({ available: false, reason })
  if (process.getuid?.() !== 0) return absent('an engine of the test needs root')
  if (!onPath(engine)) return absent(`${engine} is not installed (apt-get install docker.io podman)`)
  const root = buildTestImage()
  if (engine === 'podman')
    return { available: true, engine, image: importImage('podman', [], root), stop: async () => undefined }
  if (!onPath('dockerd')) return absent('dockerd is not installed (apt-get install docker.io)')
  const daemon = await startDaemon()
  if (daemon === undefined) return absent('dockerd does not start on this machine')
  const image = importImage('docker', ['--host', daemon.host], root)
  return { available: true, engine, image, ...daemon }
}
