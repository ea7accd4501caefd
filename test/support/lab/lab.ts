import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { makeRepository } from '../../../src/main/prepare-demo.ts'
import { prepareHome } from '../prepared-home.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../../..')

/** The gateway names itself, so its file is on its command line only until it has. */
const GATEWAY = /gander-gateway|gateway\.ts/
const SERVERS = /gander-gateway|gateway\.ts|postgres/

/** How a command of the lab ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The last line of standard output under `--json`. */
export interface Outcome {
  readonly run_id: string
  readonly state: string
  readonly pull_request: {
    readonly url: string
    readonly title: string
    readonly body: string
    readonly branch: string
  } | null
  readonly packet: string | null
  readonly tree: string | null
  readonly [more: string]: unknown
}

/** A GANDER_HOME of its own with real repositories, for tests that use the program as a person does. */
export interface Lab {
  readonly home: string
  readonly root: string
  /** Makes a repository with one commit from an example, or from another folder. */
  repository(example: 'typescript' | 'python' | 'java' | { readonly folder: string }, name?: string): Promise<string>
  gander(
    words: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly input?: string },
  ): Promise<Finished>
  start(words: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess
  /** Program and arguments of a command, for tests that start it in their own way. */
  command(words: readonly string[]): readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Processes that work in this lab's home, by what they run. */
  processes(matching: RegExp): Promise<readonly number[]>
  close(): Promise<void>
}

/** Opens a lab in a temporary folder. */
export async function openLab(): Promise<Lab> {
  const root = await mkdtemp(join(tmpdir(), 'gander-lab-'))
  const home = join(root, 'home')
  await prepareHome(home)
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LANG: 'C.UTF-8',
    GANDER_HOME: home,
    NO_COLOR: '1',
  }
  for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'])
    if (process.env[name]) environment[name] = process.env[name]
  const start: Lab['start'] = (words, env = {}) =>
    spawn(join(ROOT, 'bin/gander'), words, {
      cwd: root,
      env: { ...environment, ...env },
      stdio: 'pipe',
    })
  return {
    home,
    root,
    start,
    environment,
    command: (words) => [join(ROOT, 'bin/gander'), ...words],
    repository: async (example, name = 'repository') => {
      const to = join(root, name)
      await makeRepository(
        typeof example === 'string' ? join(ROOT, 'examples', example, 'repository') : example.folder,
        to,
      )
      return to
    },
    gander: (words, { env, input } = {}) => finished(start(words, env), input),
    processes: (matching) => processesIn(home, matching),
    close: async () => {
      for (const pid of await processesIn(home, GATEWAY)) kill(pid, 'SIGTERM')
      await until(async () => (await processesIn(home, SERVERS)).length === 0, 10_000, 50).catch(() => undefined)
      await stopServer(home)
      for (const pid of await processesIn(home, /./)) kill(pid, 'SIGKILL')
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Waits for a child and collects what it printed. */
export async function finished(child: ChildProcess, input?: string): Promise<Finished> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input ?? '')
  const code = await new Promise<number | null>((settle) => child.on('close', (status) => settle(status)))
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

/** Reads the object a command printed last under `--json`. */
export function outcomeOf({ stdout, stderr, code }: Finished): Outcome {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) throw new Error(`no outcome was printed (exit ${code}):\n${stdout}\n${stderr}`)
  return JSON.parse(line) as Outcome
}

/** Polls until something holds; fails after the given time. A look at every process of the machine is worth a pause. */
export async function until(holds: () => Promise<boolean>, ms: number, pause_ms = 10): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come true within ${ms} ms`)
    await new Promise((settle) => setTimeout(settle, pause_ms))
  }
}

/** Runs git in a folder with an empty configuration. */
export async function git(folder: string, ...words: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const { stdout } = await run(
    'git',
    ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...words],
    { env },
  )
  return stdout.trim()
}

async function processesIn(home: string, matching: RegExp): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const [cwd, command] = await Promise.all([
      readlink(`/proc/${name}/cwd`).catch(() => ''),
      readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''),
    ])
    if ((cwd.startsWith(home) || command.includes(home)) && matching.test(command)) found.push(Number(name))
  }
  return found
}

/** Stops the embedded server if it still runs; inside its sandbox it cannot be told by its paths. */
async function stopServer(home: string): Promise<void> {
  for (const path of await readdir(join(home, 'postgres'), { recursive: true }).catch(() => [])) {
    if (!path.endsWith('postmaster.pid')) continue
    const pid = Number((await readFile(join(home, 'postgres', path), 'utf8').catch(() => '')).split('\n')[0])
    if (!(pid > 1)) continue
    kill(pid, 'SIGINT')
    await until(async () => !(await isRunning(pid)), 5_000).catch(() => undefined)
  }
}

const isRunning = async (pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)) !== undefined

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}
