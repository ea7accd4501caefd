import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { ensureEmbeddedServer, openDatabase, type EmbeddedServer } from '#adapters/postgres'
import { DEFAULT_LIMITS } from '#domain/budget'
import type { RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type AgentChoice } from '#domain/task'
import type { Platform, RunOrder } from '#ports'
import { VALUE_TYPES } from '../../../src/adapters/postgres/database/value-types.ts'
import { openPlatform } from '../../../src/main/open-platform.ts'
import { git } from '../../support/lab/lab.ts'
import { prepareHome } from '../../support/prepared-home.ts'
import { bundledProgram, COMPILED } from './bundled-program.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** One process of the program under test. */
export interface Actor {
  readonly name: string
  readonly child: ChildProcess
  readonly pid: number
  /** What it has written so far. */
  said(): string
  /** Settles with its exit code; null where a signal ended it. */
  readonly gone: Promise<number | null>
}

interface Starting {
  readonly name?: string
  readonly env?: NodeJS.ProcessEnv
  /** Put before the program, such as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[]
}

/** A database, a shared folder and a repository; workers and control planes are real processes over them. */
export interface World {
  readonly root: string
  readonly home: string
  readonly database_url: string
  readonly repository: string
  readonly server: EmbeddedServer
  /** Runs a statement as the superuser, past grants and row security; a database that is away is waited for. */
  sql<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  readonly platform: Platform
  /** Submits so many runs; each changes the one file by a command. */
  submit(count: number, wish?: Partial<Pick<RunOrder, 'mode' | 'agent' | 'keys' | 'limits'>>): Promise<readonly RunId[]>
  start(words: readonly string[], starting?: Starting): Promise<Actor>
  /** A worker that works, once it says that it is ready. */
  worker(name: string, words?: readonly string[], starting?: Starting): Promise<Actor>
  close(): Promise<void>
}

interface WorldWish {
  /** Server settings beside the test's own; `listen_addresses` opens it to the network. */
  readonly settings?: Readonly<Record<string, string>>
  /** Processes start from a bundle of the sources, in half the time. Absent: as a user starts them. */
  readonly bundled?: boolean
}

/** Opens a world in a temporary folder; everything of it ends with `close`. */
export async function openWorld({ settings = {}, bundled = false }: WorldWish = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'gander-chaos-'))
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  await prepareHome(home)
  const server = await ensureEmbeddedServer({
    home,
    dies_with_parent: true,
    settings: { fsync: 'off', max_connections: '200', ...settings },
  })
  const { host, user, password, database } = server.owner
  const database_url = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=5432`
  await (await openDatabase({ url: database_url })).close()
  const pool = new Pool({ connectionString: database_url, types: VALUE_TYPES, max: 2, idleTimeoutMillis: 0 })
  pool.on('error', () => undefined)
  const repository = await makeRepository(join(root, 'repository'))
  const platform = await openPlatform({ home, database_url, version: 'chaos' })
  const actors = new Set<Actor>()
  const program = bundled ? await bundledProgram('gander') : [join(ROOT, 'bin/gander')]
  const compiled = bundled ? { NODE_COMPILE_CACHE: COMPILED } : {}
  const environment = { PATH: process.env['PATH'], HOME: root, LANG: 'C.UTF-8', NO_COLOR: '1', ...compiled }
  const start: World['start'] = async (words, { name = words[0] ?? '', env = {}, wrapper = [] } = {}) => {
    const [first = '', ...rest] = [...wrapper, ...program, ...words]
    const child = spawn(first, rest, {
      cwd: root,
      env: { ...environment, GANDER_HOME: home, DATABASE_URL: database_url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const gone = once(child, 'exit').then(([code]) => code as number | null)
    const actor: Actor = { name, child, pid: child.pid ?? 0, said: () => said, gone }
    actors.add(actor)
    void gone.then(() => actors.delete(actor))
    return actor
  }
  return {
    root,
    home,
    database_url,
    repository,
    server,
    platform,
    sql: (text, values = []) => patient(async () => (await pool.query(text, [...values])).rows as never[]),
    submit: (count, wish = {}) => submitAll({ platform, repository }, count, wish),
    start,
    worker: async (name, words = [], starting = {}) => {
      const actor = await start(['worker', '--name', name, '--at-once', '1', ...words], { name, ...starting })
      await saidBy(actor, /"event":"ready"/)
      return actor
    },
    close: async () => {
      for (const actor of actors) signal(actor.pid, 'SIGKILL')
      await Promise.all([...actors].map(({ gone }) => gone))
      await platform.close()
      await pool.end()
      for (const pid of await gateways(root)) signal(pid, 'SIGTERM')
      await waitUntil(async () => (await gateways(root)).length === 0, 10_000).catch(() => undefined)
      await server.leave()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A repository that is verified in milliseconds. */
async function makeRepository(folder: string): Promise<string> {
  await mkdir(folder)
  await writeFile(join(folder, 'greeting.txt'), 'good day\n')
  await git(folder, 'init', '--quiet', '--initial-branch=main')
  await git(folder, 'add', '--all')
  await git(folder, 'commit', '--quiet', '--message', 'As it was found')
  return folder
}

/** The verification of the tiny repository: its one file is there and says something. */
const PROFILE = `id: greeting
phases:
  - id: test
    command: [sh, -c, 'test -s greeting.txt']
`

/** Changes the one file in the sandbox, without a model. */
const TRANSFORM: AgentChoice = {
  kind: 'transform',
  rule: { kind: 'command', argv: ['sh', '-c', 'echo "and good night" >> greeting.txt'] },
}

/** An order over the tiny repository. */
export const orderFor = (
  repository: string,
  n: number,
  wish: Partial<Pick<RunOrder, 'mode' | 'agent' | 'keys' | 'limits'>> = {},
): RunOrder => ({
  words: {
    source: 'cli',
    source_url: null,
    repository,
    title: `Say good night as well, ${n}`,
    description: 'The file greeting.txt should also say good night.',
    acceptance_criteria: ['greeting.txt says good night'],
    constraints: [],
    deadline: null,
    attachments: [],
    risk_hints: [],
    expected_output: null,
    owner: null,
  },
  requester: 'chaos',
  base_ref: null,
  mode: 'draft_pr',
  scope: DEFAULT_SCOPE,
  agent: TRANSFORM,
  verification: { kind: 'given', source: PROFILE },
  limits: DEFAULT_LIMITS,
  keys: {},
  ...wish,
})

async function submitAll(
  { platform, repository }: Pick<World, 'platform' | 'repository'>,
  count: number,
  wish: Parameters<World['submit']>[1],
): Promise<readonly RunId[]> {
  const runs: RunId[] = []
  for (let n = 1; n <= count; n++) runs.push((await platform.submit(orderFor(repository, n, wish))).run.id)
  return runs
}

/** Waits for what a process says; what it said instead is the error. */
export async function saidBy(actor: Actor, words: RegExp, ms = 60_000): Promise<string> {
  let exit: number | null | undefined
  void actor.gone.then((code) => (exit = code))
  await waitUntil(async () => words.test(actor.said()) || exit !== undefined, ms).catch(() => undefined)
  const found = words.exec(actor.said())
  if (found === null) throw new Error(`${actor.name} did not say ${words} (exit ${exit}):\n${actor.said()}`)
  return found[1] ?? found[0]
}

/** Polls until something holds; fails after the given time. */
export async function waitUntil(holds: () => Promise<boolean>, ms: number, every = 50): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come true within ${ms} ms`)
    await sleep(every)
  }
}

/** Sends a signal to a process that may be gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((closed) => server.close(() => closed()))
  return port
}

async function gateways(root: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (!/gander-gateway|gateway\.ts/.test(command)) continue
    if ((await readlink(`/proc/${name}/cwd`).catch(() => '')).startsWith(root)) found.push(Number(name))
  }
  return found
}

const TRIES = 100

/** The experiment itself must outlive the faults it makes. */
async function patient<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      const away = /^(08|57P|53|E)/.test(code) || /terminat|timeout|ended/i.test(String(error))
      if (!away || tries === TRIES) throw error
      await sleep(100)
    }
  }
}
