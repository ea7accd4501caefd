import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildTestImage } from './docker-image.ts'

/** What is known of an engine before anyone has to end it. */
type Started =
  | {
      readonly available: true
      readonly engine: 'docker' | 'podman'
      readonly image: string
      readonly host?: string
    }
  | { readonly available: false; readonly reason: string }

/** An engine with the test image in it, or why there is none. */
export type TestEngine =
  | (Extract<Started, { readonly available: true }> & {
      /** Ends an engine of one's own; a shared one ends with the test run. */
      stop(): Promise<void>
    })
  | Extract<Started, { readonly available: false }>

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

/** Ends the daemon, and what it left, as soon as nobody wants it or the process that the tests belong to is gone. */
const WATCHED_DAEMON = `
folder=$1; owner=$2; shift 2
"$@" & daemon=$!
while kill -0 "$owner" 2>/dev/null && kill -0 "$daemon" 2>/dev/null && [ -e "$folder/wanted" ]; do sleep 0.3; done
kill "$daemon" 2>/dev/null; wait "$daemon"
rm -rf "$folder"`

/** A daemon of the tests' own: its own folders, its own socket, no bridge and no packet filter of the machine. */
const startDaemon = async (folder: string, owner: number): Promise<string | undefined> => {
  const host = `unix://${folder}/engine.sock`
  const dockerd = ['dockerd', '--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`]
  const quiet = ['--pidfile', `${folder}/pid`, '--host', host, '--iptables=false', '--ip6tables=false', '--bridge=none']
  const child = spawn('sh', ['-c', WATCHED_DAEMON, 'sh', folder, String(owner), ...dockerd, ...quiet], {
    stdio: 'ignore',
    detached: true,
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })
  child.unref()
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (answers(['--host', host])) return host
    if (child.exitCode !== null) break
    await sleep(200)
  }
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

const fill = async (folder: string, owner: number): Promise<Started> => {
  writeFileSync(join(folder, 'wanted'), '')
  const host = await startDaemon(folder, owner)
  return host === undefined
    ? { available: false, reason: 'dockerd does not start on this machine' }
    : { available: true, engine: 'docker', image: importImage('docker', ['--host', host], buildTestImage()), host }
}

const ownDocker = async (): Promise<TestEngine> => {
  const folder = mkdtempSync(join(tmpdir(), 'gander-dockerd-'))
  const started = await fill(folder, process.pid)
  const stop = async (): Promise<void> => {
    rmSync(join(folder, 'wanted'), { force: true })
    for (let attempt = 0; attempt < 75 && existsSync(folder); attempt += 1) await sleep(200)
  }
  if (started.available) return { ...started, stop }
  await stop()
  return started
}

/** Whoever comes first starts it; it ends with the test run, whose files are children of one process. */
const sharedDocker = async (name: string): Promise<TestEngine> => {
  const owner = process.env['VITEST'] === undefined ? process.pid : process.ppid
  const folder = join(tmpdir(), `gander-dockerd-${name}-${owner}`)
  const answer = join(folder, 'answer.json')
  if (isFirst(folder)) {
    writeFileSync(`${answer}.draft`, JSON.stringify(await fill(folder, owner)))
    renameSync(`${answer}.draft`, answer)
  }
  for (let attempt = 0; attempt < 600 && !existsSync(answer); attempt += 1) await sleep(200)
  if (!existsSync(answer)) return { available: false, reason: 'the shared dockerd did not start within two minutes' }
  // The text is what this function itself wrote, in this or in another process of the same test run.
  const started = JSON.parse(readFileSync(answer, 'utf8')) as Started
  return started.available ? { ...started, stop: async () => undefined } : started
}

const isFirst = (folder: string): boolean => {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

/**
 * Starts an engine for tests and builds its image from this machine's own files. Starting and filling a dockerd takes
 * 7 to 17 s: the files of one test run that give the same name share one.
 */
export const startTestEngine = async (engine: 'docker' | 'podman', shared_as?: string): Promise<TestEngine> => {
  const absent = (reason: string): TestEngine => ({ available: false, reason })
  if (process.getuid?.() !== 0) return absent('an engine of the test needs root')
  if (!onPath(engine)) return absent(`${engine} is not installed (apt-get install docker.io podman)`)
  if (engine === 'podman') {
    const image = importImage('podman', [], buildTestImage())
    return { available: true, engine, image, stop: async () => undefined }
  }
  if (!onPath('dockerd')) return absent('dockerd is not installed (apt-get install docker.io)')
  return shared_as === undefined ? ownDocker() : sharedDocker(shared_as)
}
