import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxDriver, type SandboxSpec } from '#ports'
import { type Figure, spread, timed } from './figures.ts'
import { bareSandbox } from './floors.ts'

/** What a driver's commands cost beside the least that its kind of fence can cost. */
export interface SandboxFloor {
  readonly what: string
  readonly act: () => Promise<unknown>
}

/** `bwrap … true`, from spawn to close. */
export const BUBBLEWRAP_FLOOR: SandboxFloor = { what: 'bwrap … true', act: bareSandbox }

const TRUE = { argv: ['true'], timeout_ms: 60_000, output_bytes: 1000, network: { kind: 'none' } } as const

/** Opening a sandbox, and one `true` in it: whole, and what it costs more than the floor, sample by sample. */
export async function measureSandboxes(
  driver: SandboxDriver,
  floor: SandboxFloor,
  samples: number,
): Promise<readonly Figure[]> {
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
    return figures(driver.name, floor, await takeTimes(driver, spec, { floor, samples }))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

interface Times {
  readonly created: readonly number[]
  readonly ran: readonly number[]
  readonly bare: readonly number[]
}

async function takeTimes(
  driver: SandboxDriver,
  spec: SandboxSpec,
  { floor, samples }: { readonly floor: SandboxFloor; readonly samples: number },
): Promise<Times> {
  const [created, ran, bare]: [number[], number[], number[]] = [[], [], []]
  // In turns, so that all see the same machine; the first round warms and is not counted.
  for (let index = -1; index < samples; index++) {
    let sandbox: Sandbox | undefined
    const opening = await timed(async () => {
      sandbox = await driver.open(spec)
    })
    await sandbox?.exec(TRUE)
    const running = await timed(async () => sandbox?.exec(TRUE))
    const least = await timed(floor.act)
    await sandbox?.close()
    if (index < 0) continue
    created.push(opening)
    ran.push(running)
    bare.push(least)
  }
  return { created, ran, bare }
}

function figures(name: string, floor: SandboxFloor, { created, ran, bare }: Times): readonly Figure[] {
  const beside = { what: floor.what, p50: spread(bare).p50 }
  const over = ran.map((time, index) => time - (bare[index] ?? 0))
  const rows = [
    { what: `${name}: open`, ...spread(created), floor: beside, goal: within(created, 150) },
    { what: `${name}: exec true, whole`, ...spread(ran), floor: beside },
    { what: `${name}: exec true, over the floor`, ...spread(over), goal: within(over, 20) },
    { what: floor.what, ...spread(bare) },
  ]
  return rows.map((row) => ({ benchmark: 'sandbox', unit: 'ms' as const, ...row }))
}

const within = (samples: readonly number[], most: number) => ({
  text: `p95 <= ${most} ms`,
  met: spread(samples).p95 <= most,
})
