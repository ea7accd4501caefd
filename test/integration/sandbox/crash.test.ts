import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { execIn, makeSandboxGround, type SandboxGround } from '../../support/sandbox-fixtures.ts'

const WORKER = new URL('../../support/sandbox-worker.ts', import.meta.url).pathname

interface Worker {
  readonly child: ChildProcess
  readonly record: { readonly holder: number; readonly cgroups: readonly string[]; readonly folder: string }
}

/** A worker process with one open sandbox in which `sleep` runs. */
const startWorker = async (ground: SandboxGround, spec: object, mark: string): Promise<Worker> => {
  const child = spawn(process.execPath, [WORKER, ground.home, JSON.stringify(spec), mark], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  )
  await sleep(300)
  const name = readdirSync(join(ground.home, 'sandboxes'))[0] ?? ''
  const folder = join(ground.home, 'sandboxes', name)
  const { cgroups } = JSON.parse(readFileSync(join(folder, 'sandbox.json'), 'utf8')) as { cgroups: string[] }
  return { child, record: { holder: Number(line), cgroups, folder } }
}

const processesWith = (mark: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(mark) && !command.includes('sandbox-worker')
      } catch {
        return false
      }
    })

/** A process that has ended may stay listed until the first process of the machine collects it. */
const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('a worker that is killed', () => {
  let ground: SandboxGround
  let mark: string
  beforeEach(async () => {
    ground = makeSandboxGround({ 'a.txt': 'a' })
    // Control groups that tests killed on this machine left behind are not counted here.
    await createBubblewrapDriver({ home: ground.home }).sweep()
    mark = `43${Math.floor(Math.random() * 1e6)}`
  })
  afterEach(() => ground.remove())

  it('leaves no process and no mount, and a sweep removes its folder and control groups', async () => {
    const { child, record } = await startWorker(ground, ground.spec(), mark)
    expect(processesWith(mark).length).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await sleep(500)
    expect(processesWith(mark)).toEqual([])
    expect(isRunning(record.holder)).toBe(false)
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(ground.root)

    expect(existsSync(record.folder)).toBe(true)
    const driver = createBubblewrapDriver({ home: ground.home })
    expect(await driver.sweep()).toBe(1)
    expect(existsSync(record.folder)).toBe(false)
    expect(record.cgroups.filter((folder) => existsSync(folder))).toEqual([])
    expect(await driver.sweep()).toBe(0)
  })

  it('leaves the setup layer with what was written so far', async () => {
    const path = join(ground.root, 'layer')
    const { child } = await startWorker(
      ground,
      ground.spec({ purpose: 'setup', writable: { kind: 'setup_layer', path } }),
      mark,
    )
    child.kill('SIGKILL')
    await sleep(300)
    await createBubblewrapDriver({ home: ground.home }).sweep()
    expect(readFileSync(join(path, 'tree/written'), 'utf8')).toBe(`${mark}\n`)
    expect(readdirSync(path).toSorted()).toEqual(['home', 'tree'])
  })

  it('is told from a living one: a sweep beside it touches nothing', async () => {
    const { child, record } = await startWorker(ground, ground.spec(), mark)
    expect(await createBubblewrapDriver({ home: ground.home }).sweep()).toBe(0)
    expect(existsSync(record.folder)).toBe(true)
    expect(processesWith(mark).length).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await sleep(300)
    await createBubblewrapDriver({ home: ground.home }).sweep()
  })

  it('is left alone when it belongs to another host, whose processes cannot be seen', async () => {
    const folder = join(ground.home, 'sandboxes', '7')
    mkdirSync(folder, { recursive: true })
    const owner = { host: 'elsewhere', boot: 'x', pid_namespace: '1', pid: 1, started: '1' }
    const record = { owner, sandbox_id: 's', run_id: 'r', cgroups: [], scratch: [] }
    writeFileSync(join(folder, 'sandbox.json'), JSON.stringify(record))
    expect(await createBubblewrapDriver({ home: ground.home }).sweep()).toBe(0)
    expect(existsSync(folder)).toBe(true)
  })

  it('does not disturb the sandboxes of other processes', async () => {
    const { child } = await startWorker(ground, ground.spec(), mark)
    const sandbox = await createBubblewrapDriver({ home: ground.home }).open(ground.spec())
    child.kill('SIGKILL')
    await sleep(200)
    expect(await execIn(sandbox, ['cat', 'a.txt'])).toMatchObject({ exit_code: 0, stdout: 'a' })
    expect(await createBubblewrapDriver({ home: ground.home }).sweep()).toBe(1)
    expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
    await sandbox.close()
    expect(readdirSync(join(ground.home, 'sandboxes'))).toEqual([])
  })
})

describe('a home that was deleted under a dead worker', () => {
  it('leaves control groups that the next sweep of any home removes', async () => {
    const [ground, other] = [makeSandboxGround({ a: 'a' }), makeSandboxGround({ a: 'a' })]
    const { child, record } = await startWorker(ground, ground.spec(), '4399')
    child.kill('SIGKILL')
    await sleep(300)
    ground.remove()
    await createBubblewrapDriver({ home: other.home }).sweep()
    expect(record.cgroups.filter((folder) => existsSync(folder))).toEqual([])
    other.remove()
  })
})

describe('a holder that is killed', () => {
  it('makes the next command fail with a reason instead of running elsewhere', async () => {
    const ground = makeSandboxGround({ 'a.txt': 'a' })
    const sandbox = await createBubblewrapDriver({ home: ground.home }).open(ground.spec())
    process.kill(Number(/^\/proc\/(\d+)\//.exec(sandbox.tree.path)?.[1]), 'SIGKILL')
    await expect(execIn(sandbox, ['true'])).rejects.toMatchObject({ code: 'sandbox_unavailable' })
    await sleep(50)
    await expect(execIn(sandbox, ['true'])).rejects.toMatchObject({ code: 'sandbox_unavailable', retryable: true })
    await sandbox.close()
    ground.remove()
  })
})
