import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createRepositories } from '#adapters/git'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { DEFAULT_SANDBOX_LIMITS, type SandboxDriver } from '#ports'
import { spread, timed, type Figure } from './figures.ts'
import { finished } from './floors.ts'
import type { Size, World } from './world.ts'

/** Times of making a workspace: warm (the commit is cached) and cold (nothing is), beside git's own shallow clone. */
export async function measureWorkspaces(world: World, size: Size): Promise<readonly Figure[]> {
  const driver = createBubblewrapDriver({ home: world.home })
  const address = `file://${world.repository}`
  const warm = await warmTimes(world, driver, size)
  const cold: number[] = []
  const clone: number[] = []
  // In turns, so that both see the same machine.
  for (let index = 0; index < size.workspaces; index++) {
    clone.push(await cloneTime(world, address))
    cold.push(await coldTime(world, driver, address))
  }
  const cloned = spread(clone).p50
  const floor = { what: 'git clone --depth 1', p50: cloned }
  const goal = { text: 'cold <= 1.1 x clone', met: spread(cold).p50 <= 1.1 * cloned }
  const rows = [
    { what: 'warm: open commit and sandbox', ...spread(warm.whole), floor, goal: warmGoal(warm.whole) },
    { what: 'warm: sandbox alone', ...spread(warm.sandbox), floor, goal: warmGoal(warm.sandbox) },
    { what: 'cold: fetch, check, lay out, open', ...spread(cold), floor, goal },
  ]
  return rows.map((row) => ({ benchmark: 'workspace', unit: 'ms' as const, ...row }))
}

const warmGoal = (samples: readonly number[]) => ({ text: 'p50 <= 12 ms', met: spread(samples).p50 <= 12 })

const open = (driver: SandboxDriver, checkout: string) =>
  driver.open({
    run_id: 'run_bench',
    purpose: 'work',
    checkout,
    setup_layer: null,
    writable: { kind: 'memory' },
    limits: DEFAULT_SANDBOX_LIMITS,
  })

async function warmTimes(world: World, driver: SandboxDriver, { workspaces }: Size) {
  const repositories = createRepositories({ home: world.home })
  const source = await repositories.resolve(world.repository, null)
  const whole: number[] = []
  const sandbox: number[] = []
  for (let index = -1; index < workspaces; index++) {
    const from = performance.now()
    const repository = await repositories.open(`run_bench_${index + 1}`, source)
    const opened = performance.now()
    const box = await open(driver, repository.checkout)
    const until = performance.now()
    await box.close()
    if (index < 0) continue
    whole.push(until - from)
    sandbox.push(until - opened)
  }
  return { whole, sandbox }
}

async function coldTime(world: World, driver: SandboxDriver, address: string): Promise<number> {
  const home = join(world.root, 'cold')
  const repositories = createRepositories({ home })
  let box: Awaited<ReturnType<typeof open>> | undefined
  const taken = await timed(async () => {
    const source = await repositories.resolve(address, null)
    const repository = await repositories.open('run_bench', source)
    box = await open(driver, repository.checkout)
  })
  await box?.close()
  await rm(home, { recursive: true, force: true })
  return taken
}

async function cloneTime(world: World, address: string): Promise<number> {
  const to = join(world.root, 'clone')
  const taken = await timed(() => finished('git', ['clone', '--quiet', '--depth', '1', address, to]))
  await rm(to, { recursive: true, force: true })
  return taken
}
