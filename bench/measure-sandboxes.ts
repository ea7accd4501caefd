import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxDriver, type SandboxSpec } from '#ports'
import { type TestEngine, startTestEngine } from '../test/support/docker-engine.ts'
import { type Figure, spread, timed } from './figures.ts'
import { bareSandbox, finished } from './floors.ts'

interface Floor {
  readonly what: string
  readonly act: () => Promise<unknown>
}

/** The least that a driver's kind of fence can cost. */
interface Floors {
  readonly open: Floor
  readonly exec: Floor
  /** Whether the goals, which are bubblewrap's, apply. */
  readonly has_goals: boolean
  readonly end: () => Promise<unknown>
}

/** `bwrap … true`, from spawn to close: making a fence and running in it are one. */
const bubblewrapFloors = (): Floors => {
  const floor = { what: 'bwrap … true', act: bareSandbox }
  return { open: floor, exec: floor, has_goals: true, end: async () => undefined }
}

/** `docker run … true`, a container made, one command, removed; and `docker exec … true` in one that is there. */
const engineFloors = async ({ engine, image, host }: Extract<TestEngine, { available: true }>): Promise<Floors> => {
  const address = host === undefined ? [] : ['--host', host]
  // Podman asks for more files than a worker in a container may have.
  const limits = engine === 'podman' ? ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'] : []
  const name = `gander-bench-${process.pid}`
  const call = (...words: readonly string[]) => finished(engine, [...address, ...words])
  const plain = ['--network', 'none', ...limits]
  await call('run', '--detach', '--name', name, ...plain, image, 'sleep', '100000')
  return {
    open: { what: `${engine} run … true`, act: () => call('run', '--rm', ...plain, image, 'true') },
    exec: { what: `${engine} exec … true`, act: () => call('exec', name, 'true') },
    has_goals: false,
    end: () => call('rm', '--force', '--volumes', ...(engine === 'podman' ? ['--time', '0'] : []), name),
  }
}

/**
 * Every driver of this machine in one table. An engine that is not there is left out, with the reason on standard error.
 */
export async function measureEverySandbox(
  samples: number,
  engines: readonly ('docker' | 'podman')[],
): Promise<readonly Figure[]> {
  const home = await mkdtemp(join(tmpdir(), 'gander-bench-'))
  try {
    const figures = [...(await measureSandboxes(createBubblewrapDriver({ home }), bubblewrapFloors(), samples))]
    for (const name of engines) {
      const engine = await startTestEngine(name)
      if (!engine.available) {
        process.stderr.write(`${name} is not measured: ${engine.reason}\n`)
        continue
      }
      const { image, host } = engine
      const driver = createDockerDriver({ home, engine: name, image, ...(host === undefined ? {} : { host }) })
      try {
        figures.push(...(await measureSandboxes(driver, await engineFloors(engine), samples)))
      } finally {
        await engine.stop()
      }
    }
    return figures
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const TRUE = { argv: ['true'], timeout_ms: 60_000, output_bytes: 1000, network: { kind: 'none' } } as const

/** Opening a sandbox, and one `true` in it: whole, and what it costs more than the floor, sample by sample. */
async function measureSandboxes(driver: SandboxDriver, floors: Floors, samples: number): Promise<readonly Figure[]> {
  const root = await mkdtemp(join(tmpdir(), 'gander-bench-'))
  const checkout = join(root, 'checkout')
  await mkdir(checkout)
  await writeFile(join(checkout, 'file.txt'), 'text\n')
  const spec: SandboxSpec = {
    run_id: 'run_bench',
    purpose: 'work',
    checkout,
    setup_layer: null,
    writable: { kind: 'memory' },
    limits: DEFAULT_SANDBOX_LIMITS,
  }
  try {
    return figures(driver.name, floors, await takeTimes(driver, spec, { floors, samples }))
  } finally {
    await floors.end()
    await rm(root, { recursive: true, force: true })
  }
}

interface Times {
  readonly created: number[]
  readonly ran: number[]
  readonly bare_open: number[]
  readonly bare_exec: number[]
}

async function takeTimes(
  driver: SandboxDriver,
  spec: SandboxSpec,
  { floors, samples }: { readonly floors: Floors; readonly samples: number },
): Promise<Times> {
  const times: Times = { created: [], ran: [], bare_open: [], bare_exec: [] }
  // In turns, so that all see the same machine; the first round warms and is not counted.
  for (let index = -1; index < samples; index++) {
    let sandbox: Sandbox | undefined
    const opening = await timed(async () => {
      sandbox = await driver.open(spec)
    })
    await sandbox?.exec(TRUE)
    const running = await timed(async () => sandbox?.exec(TRUE))
    const least_exec = await timed(floors.exec.act)
    const least_open = floors.open === floors.exec ? least_exec : await timed(floors.open.act)
    await sandbox?.close()
    if (index < 0) continue
    times.created.push(opening)
    times.ran.push(running)
    times.bare_open.push(least_open)
    times.bare_exec.push(least_exec)
  }
  return times
}

function figures(name: string, floors: Floors, { created, ran, bare_open, bare_exec }: Times): readonly Figure[] {
  const over = ran.map((time, index) => time - (bare_exec[index] ?? 0))
  const beside = (floor: Floor, times: readonly number[]) => ({ floor: { what: floor.what, p50: spread(times).p50 } })
  const goal = (times: readonly number[], most: number) => (floors.has_goals ? { goal: within(times, most) } : {})
  const rows = [
    { what: `${name}: open`, ...spread(created), ...beside(floors.open, bare_open), ...goal(created, 150) },
    { what: `${name}: exec true, whole`, ...spread(ran), ...beside(floors.exec, bare_exec) },
    { what: `${name}: exec true, over the floor`, ...spread(over), ...goal(over, 20) },
    { what: floors.exec.what, ...spread(bare_exec) },
    ...(floors.open === floors.exec ? [] : [{ what: floors.open.what, ...spread(bare_open) }]),
  ]
  return rows.map((row) => ({ benchmark: 'sandbox', unit: 'ms' as const, ...row }))
}

const within = (samples: readonly number[], most: number) => ({
  text: `p95 <= ${most} ms`,
  met: spread(samples).p95 <= most,
})
