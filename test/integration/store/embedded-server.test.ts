import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { ensureEmbeddedServer, openDatabase } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'

const run = promisify(execFile)
const AS_ROOT = process.getuid?.() === 0
const JOIN = fileURLToPath(new URL('../../support/join-server.ts', import.meta.url))

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

/** A home of its own; a server that a test leaves behind is stopped before the folder goes. */
async function newHome(parent = tmpdir()): Promise<string> {
  const home = await mkdtemp(join(parent, 'gander-home-'))
  undo.push(async () => {
    const pid = await postmaster(home)
    if (pid !== undefined) await stop(pid)
    await rm(home, { recursive: true, force: true })
  })
  return home
}

async function postmaster(home: string): Promise<number | undefined> {
  const text = await readFile(join(home, 'postgres/cluster/data/postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('postgres') ? pid : undefined
}

async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGINT')
  for (let round = 0; round < 200 && (await stat(`/proc/${pid}`).catch(() => undefined)) !== undefined; round++)
    await new Promise((resolve) => setTimeout(resolve, 20))
}

interface Joiner {
  readonly child: ChildProcess
  readonly joined: Promise<string>
}

function joiner(home: string, prefix: readonly string[] = []): Joiner {
  const whole: readonly string[] = [...prefix, process.execPath, JOIN, home]
  const [command = '', ...args] = whole
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const joined = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const said = /joined (.+)/.exec(chunk.toString())?.[1]
      if (said !== undefined) resolve(said)
    })
    child.on('exit', (code, signal) => resolve(`ended ${code ?? signal}`))
  })
  return { child, joined }
}

async function leave({ child }: Joiner): Promise<void> {
  child.stdin?.end()
  if (child.exitCode === null) await once(child, 'exit')
}

async function kill({ child }: Joiner): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('sharing', () => {
  test('six processes that start at once share one server, half of them killed, and the last to leave stops it', async () => {
    const home = await newHome()
    for (let round = 0; round < 2; round++) {
      const joiners = Array.from({ length: 6 }, () => joiner(home))
      const started = await Promise.all(joiners.map((each) => each.joined))
      expect(new Set(started).size).toBe(1)
      expect(started[0]).toMatch(/^20/)
      await Promise.all(joiners.slice(0, 3).map(kill))
      expect(await postmaster(home)).toBeDefined()
      await Promise.all(joiners.slice(3).map(leave))
      expect(await postmaster(home)).toBeUndefined()
    }
  })

  test('processes killed while they start leave nothing half made', async () => {
    const home = await newHome()
    const doomed = Array.from({ length: 3 }, () => joiner(home))
    await new Promise((resolve) => setTimeout(resolve, 600))
    await Promise.all(doomed.map(kill))
    const survivors = Array.from({ length: 3 }, () => joiner(home))
    const started = await Promise.all(survivors.map((each) => each.joined))
    expect(new Set(started).size).toBe(1)
    expect(started[0]).toMatch(/^20/)
    await Promise.all(survivors.map(leave))
  })

  test('a server whose processes were all killed goes on, is adopted, and is stopped by the adopter', async () => {
    const home = await newHome()
    const first = joiner(home)
    const started = await first.joined
    await kill(first)
    expect(await postmaster(home)).toBeDefined()
    const second = joiner(home)
    expect(await second.joined).toBe(started)
    await leave(second)
    expect(await postmaster(home)).toBeUndefined()
  })

  test('a killed server is started again under a process that still uses it', async () => {
    const home = await newHome()
    const server = await ensureEmbeddedServer({ home })
    undo.push(() => server.leave())
    const pid = await postmaster(home)
    process.kill(pid ?? 0, 'SIGKILL')
    const answer = await retry(async () => {
      const client = new Client(server.owner)
      client.on('error', () => {})
      try {
        await client.connect()
        return await client.query('select 1 as one')
      } finally {
        await client.end().catch(() => {})
      }
    })
    expect(answer.rows).toEqual([{ one: 1 }])
    expect(await postmaster(home)).not.toBe(pid)
  })

  test('a postmaster.pid that names a living process of the same user does not keep the server down', async () => {
    const home = await newHome()
    const first = await ensureEmbeddedServer({ home })
    const data = join(home, 'postgres/cluster/data')
    const kept = await readFile(join(data, 'postmaster.pid'), 'utf8')
    await first.leave()
    await writeFile(join(data, 'postmaster.pid'), kept.replace(/^\d+/, String(process.pid)))
    const { uid, gid } = await stat(data)
    await chown(join(data, 'postmaster.pid'), uid, gid)
    const second = await ensureEmbeddedServer({ home })
    await second.leave()
  })
})

describe('closed to others', () => {
  test('the socket is in a private folder, no port is open, and a wrong password is refused', async () => {
    const home = await newHome()
    const server = await ensureEmbeddedServer({ home })
    undo.push(() => server.leave())
    expect((await stat(server.owner.host)).mode & 0o777).toBe(0o700)
    const client = new Client(server.owner)
    await client.connect()
    const settings = await client.query(
      "select current_setting('listen_addresses') as addresses, current_setting('data_checksums') as checksums",
    )
    await client.end()
    expect(settings.rows).toEqual([{ addresses: '', checksums: 'on' }])
    const stranger = new Client({ ...server.owner, password: 'guess' })
    expect(await thrown(stranger.connect())).toMatchObject({ code: '28P01' })
  })

  test('the server has none of its starter’s environment and none of its secrets on its command line', async () => {
    const home = await newHome()
    process.env.GANDER_TEST_SECRET = 'a-secret-of-the-starter'
    const server = await ensureEmbeddedServer({ home })
    delete process.env.GANDER_TEST_SECRET
    undo.push(() => server.leave())
    const pid = await postmaster(home)
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    expect(environment).toContain('LD_LIBRARY_PATH')
    expect(environment).not.toContain('a-secret-of-the-starter')
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    expect(command).not.toContain(server.owner.password)
  })

  test.runIf(AS_ROOT)('as root the server runs as a user without rights', async () => {
    const home = await newHome()
    const server = await ensureEmbeddedServer({ home })
    undo.push(() => server.leave())
    const status = await readFile(`/proc/${await postmaster(home)}/status`, 'utf8')
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0')
    expect(status).toMatch(/^CapEff:\s+0+$/m)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  })
})

describe('other places and users', () => {
  test('a home too deep for a socket’s address works', async () => {
    const parent = await newHome()
    const home = join(parent, 'deep/'.repeat(25))
    const server = await ensureEmbeddedServer({ home })
    undo.push(async () => rm(server.owner.host, { recursive: true, force: true }))
    const client = new Client(server.owner)
    await client.connect()
    await client.end()
    expect(server.owner.host.length).toBeLessThan(60)
    await server.leave()
  })

  // Only root can become another user; an ordinary user's run of this file covers the same paths above.
  test.runIf(AS_ROOT).each([
    ['with an account', 1000],
    ['without an account', 47_011],
  ])('an ordinary user %s starts, shares and stops a server', async (_, uid) => {
    const parent = await newHome()
    await chmod(parent, 0o755)
    const home = join(parent, 'of-user')
    await mkdir(home)
    await chown(home, uid, uid)
    const node = await realpath(process.execPath)
    const prefix = ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', 'env', `HOME=${home}`]
    const readable = await run('setpriv', [...prefix.slice(1, 6), node, '--version']).then(
      () => true,
      () => false,
    )
    expect(readable, 'the other user must be able to run this node').toBe(true)
    const both = [joiner(home, prefix), joiner(home, prefix)]
    const started = await Promise.all(both.map((each) => each.joined))
    expect(started[0]).toMatch(/^20/)
    expect(new Set(started).size).toBe(1)
    expect((await stat(`/proc/${await postmaster(home)}`)).uid).toBe(uid)
    await Promise.all(both.map(leave))
    expect(await postmaster(home)).toBeUndefined()
  })
})

describe('what the disk refuses', () => {
  test('a home below a file is storage_unwritable', async () => {
    const parent = await newHome()
    await writeFile(join(parent, 'file'), '')
    const error = await thrown(openDatabase({ home: join(parent, 'file', 'home') }))
    expect(isGanderError(error, 'storage_unwritable')).toBe(true)
  })

  // Mounting a small or read-only file system needs root.
  test.runIf(AS_ROOT).each([
    ['full', 'size=12m', 'storage_full'],
    ['read-only', 'ro', 'storage_unwritable'],
  ] as const)('a %s disk is said to be so, and nothing half made is kept', async (_, option, code) => {
    const home = await newHome()
    await run('mount', ['-t', 'tmpfs', '-o', option, 'tmpfs', home])
    undo.push(() => run('umount', ['--lazy', home]))
    const error = await thrown(openDatabase({ home }))
    expect(error).toMatchObject({ name: 'GanderError', code })
    expect(await stat(join(home, 'postgres/cluster')).catch(() => undefined)).toBeUndefined()
  })

  test('a cluster that cannot be read is an error that names the log', async () => {
    const home = await newHome()
    const server = await ensureEmbeddedServer({ home })
    await server.leave()
    const control = join(home, 'postgres/cluster/data/global/pg_control')
    await cp(control, `${control}.kept`)
    await writeFile(control, 'broken')
    const error = await thrown(openDatabase({ home }))
    expect(error).toMatchObject({
      code: 'database_unavailable',
      remedy: expect.stringContaining('server.log') as string,
    })
  })
})

async function retry<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let round = 0; round < 200; round++) {
    const found = await work().catch(() => undefined)
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return work()
}
