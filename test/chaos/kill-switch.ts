/** R15, kill switches under load: how long after the acknowledgement anything of what they stop still happens. */
import type { RunId } from '#domain/ids'
import { LOCAL_TENANT } from '#domain/ids'
import type { SwitchScope } from '#domain/kill-switch'
import { endlessWork, isProcessOf, processOf } from '../support/kill-switch/marked-work.ts'
import { percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { openWorld, orderFor, waitUntil, type World } from './kit/world.ts'
import type { Violation } from './checker/ground.ts'

/** Runs in hand when a switch is thrown, over two workers. */
const IN_HAND = 2
const LAST_EFFECT_MS = 2_000
const SANDBOX_DEAD_MS = 5_000
const CAMPAIGN = 'cmp_r15'

/** One toggle as it was measured, in milliseconds from the acknowledgement. */
interface Toggle {
  readonly acknowledged_after_ms: number
  readonly last_effect_ms: number
  readonly sandbox_dead_ms: number
  readonly ended_ms: number
}

const scopesOf = (repository: string, capability: string): readonly SwitchScope[] => [
  { level: 'global' },
  { level: 'tenant', tenant_id: LOCAL_TENANT },
  { level: 'campaign', tenant_id: LOCAL_TENANT, campaign_id: CAMPAIGN },
  { level: 'repository', tenant_id: LOCAL_TENANT, repository },
  { level: 'capability', tenant_id: LOCAL_TENANT, capability },
]

/** Throws and lifts switches so many times, at each scope in turn, while workers work. */
export async function toggleSwitches(toggles: number): Promise<Figures> {
  const world = await openWorld()
  try {
    await Promise.all([world.worker('one'), world.worker('two')])
    const measured: Toggle[] = []
    for (let n = 0; n < toggles; n++) measured.push(await toggle(world, n))
    const of = (name: keyof Toggle) => measured.map((each) => each[name])
    const effects = of('last_effect_ms')
    const dead = of('sandbox_dead_ms')
    return {
      toggles: measured.length,
      scopes: 5,
      runs_stopped: measured.length * IN_HAND,
      acknowledged_ms_p99: percentile(of('acknowledged_after_ms'), 0.99),
      last_effect_ms_p50: percentile(effects, 0.5),
      last_effect_ms_p99: percentile(effects, 0.99),
      sandbox_dead_ms_p50: percentile(dead, 0.5),
      sandbox_dead_ms_most: Math.max(...dead),
      run_ended_ms_p99: percentile(of('ended_ms'), 0.99),
      violations: [
        ...late('the last effect', percentile(effects, 0.99), LAST_EFFECT_MS),
        ...late('the last sandbox', Math.max(...dead), SANDBOX_DEAD_MS),
      ],
    }
  } finally {
    await world.close()
  }
}

const late = (what: string, ms: number, most: number): readonly Violation[] =>
  ms <= most
    ? []
    : [{ invariant: 'I5', what: `${what} came ${ms} ms after the acknowledgement, and ${most} are allowed` }]

async function toggle(world: World, n: number): Promise<Toggle> {
  const { platform } = world
  const { controls } = platform
  if (controls === undefined) throw new Error('the platform offers no controls')
  const marks = Array.from({ length: IN_HAND }, (_, at) => 500_000 + n * IN_HAND + at)
  const { runs, processes } = await begin(world, marks)
  const [asked] = await world.sql<{ capability: string }>(
    'select capability from gander.task t join gander.run r on r.task_id = t.id where r.id = $1',
    [runs[0]],
  )
  const scope = scopesOf(world.repository, asked?.capability ?? '')[n % 5] ?? { level: 'global' }
  const from = Date.now()
  await controls.switches.stop(scope, ['cancel_running_runs', 'no_new_runs'], 'chaos', `toggle ${n}`)
  const acknowledged = Date.now()
  await waitUntil(async () => (await alive(processes)) === 0, 30_000, 10)
  const dead = Date.now()
  await waitUntil(async () => (await ended(world, runs)) === runs.length, 30_000, 10)
  const over = Date.now()
  await controls.switches.resume(scope, [], 'chaos', `toggle ${n}`)
  return {
    acknowledged_after_ms: acknowledged - from,
    last_effect_ms: Math.max(0, dead - acknowledged, await lastStep(world, runs, acknowledged)),
    sandbox_dead_ms: dead - acknowledged,
    ended_ms: over - acknowledged,
  }
}

interface Begun {
  readonly runs: readonly RunId[]
  /** The work of each by its marker. */
  readonly processes: ReadonlyMap<number, number>
}

/** Runs of one campaign that workers hold and that are in the middle of a command. */
async function begin(world: World, marks: readonly number[]): Promise<Begun> {
  const runs: RunId[] = []
  // Nobody leases them before they belong to the campaign.
  await world.platform.controls?.governance.pauseScheduler(LOCAL_TENANT, 'chaos', '')
  for (const mark of marks) {
    const { run, task } = await world.platform.submit(orderFor(world.repository, mark, { agent: endlessWork(mark) }))
    await world.sql(`update gander.task set contract = (contract::jsonb || $2::jsonb)::json where id = $1`, [
      task.id,
      JSON.stringify({ campaign_id: CAMPAIGN }),
    ])
    runs.push(run.id)
  }
  await world.platform.controls?.governance.resumeScheduler(LOCAL_TENANT, 'chaos', '')
  const processes = new Map<number, number>()
  await waitUntil(
    async () => {
      for (const mark of marks) {
        const pid = processes.get(mark) ?? (await processOf(mark))
        if (pid !== undefined) processes.set(mark, pid)
      }
      return processes.size === marks.length
    },
    60_000,
    100,
  )
  return { runs, processes }
}

const alive = async (processes: Begun['processes']): Promise<number> =>
  (await Promise.all([...processes].map(([mark, pid]) => isProcessOf(mark, pid)))).filter(Boolean).length

async function ended(world: World, runs: readonly RunId[]): Promise<number> {
  const [row] = await world.sql<{ n: number }>(
    "select count(*)::integer as n from gander.run where id = any($1) and state = 'cancelled'",
    [runs],
  )
  return row?.n ?? 0
}

/** When the last act was begun or recorded, by the database's clock, which on one machine is also this process's. */
async function lastStep(world: World, runs: readonly RunId[], since: number): Promise<number> {
  const [row] = await world.sql<{ last: string | null }>(
    'select max(greatest(intent_at, outcome_at)) as last from gander.step where run_id = any($1)',
    [runs],
  )
  return row?.last === null || row?.last === undefined ? 0 : Date.parse(row.last) - since
}

if (import.meta.main) await runAsCommand('R15 kill switches under load', 100, toggleSwitches)
