/** R9, a model and a forge of whose answers a third are faults: refused for now, broken, cut, malformed, or lost. */
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_LIMITS } from '#domain/budget'
import { isGanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import { git } from '../support/lab/lab.ts'
import { startScriptedModel, type Script, type ScriptedReply } from '../support/scripted-model/index.ts'
import { checkAt } from './checker.ts'
import type { Violation } from './checker/ground.ts'
import { isAskedToEnd, runAsCommand, type Figures } from './kit/experiment.ts'
import { openFaultyRemote, type FaultyRemote } from './kit/faulty-remote.ts'
import { LINES, modelAgent } from './kit/model-work.ts'
import { seeded } from './kit/random.ts'
import { failuresOf, leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, orderFor, type World } from './kit/world.ts'

const FAULT_SHARE = 0.3
const FAULTS: readonly ScriptedReply[] = [
  {
    fail: {
      status: 429,
      headers: { 'retry-after': '0' },
      body: '{"error":{"type":"rate_limit_error","message":"slow"}}',
    },
  },
  { fail: { status: 500, body: '{"error":{"message":"broken"}}' } },
  { fail: { status: 503, body: 'no JSON at all' } },
  { fail: { drop: true } },
  { fail: { drop: 'half' } },
  { fail: { status: 200, body: '{"type":"mess' } },
]
/** Runs of one repository; each repository is fetched from a forge that fails as well. */
const RUNS_EACH = 4
const LIMITS = { ...DEFAULT_LIMITS, max_cost_usd: 1 }

/** Lets so many runs work with a model and a remote of whose answers 30 % are faults. */
export async function faultyModel(runs: number, seed = 9): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  const random = seeded(seed)
  let faults = 0
  const script: Script = (turn) => {
    if (random() >= FAULT_SHARE) return LINES(turn)
    faults++
    return FAULTS[Math.floor(random() * FAULTS.length)] ?? {}
  }
  const model = await startScriptedModel(script)
  const served = join(world.root, 'served')
  await mkdir(served)
  const remote = await openFaultyRemote(served, seeded(seed + 1))
  try {
    const agent = await modelAgent(world, model)
    const workers = [await world.worker('a'), await world.worker('b')]
    remote.failing(FAULT_SHARE)
    const submitting = submitAll({ world, served, remote, agent }, runs)
    const continued = await untilEnded(world, submitting)
    const { acknowledged, refused } = await submitting
    remote.failing(0)
    await leave(workers)
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const states = await statesOf(world)
    return {
      runs: acknowledged.length,
      model_requests: model.requests.length,
      model_faults: faults,
      forge_requests: remote.requests(),
      forge_faults: remote.faults(),
      submissions_tried_again: refused,
      continued_by_a_person: continued,
      states,
      completed_percent: Math.round(((states['completed'] ?? 0) / acknowledged.length) * 1000) / 10,
      failures: await failuresOf(world),
      violations: [...violations, ...(await branchesAmiss(world, served))],
    }
  } finally {
    await remote.close()
    await model.close()
    await world.close()
  }
}

interface Submitting {
  readonly world: World
  readonly served: string
  readonly remote: FaultyRemote
  readonly agent: AgentChoice
}

/** Submits beside the work; what fails for now is submitted again under its key, as a client does. */
async function submitAll({ world, served, remote, agent }: Submitting, runs: number) {
  const acknowledged: RunId[] = []
  let refused = 0
  for (let n = 1; n <= runs && !isAskedToEnd(); n++) {
    const name = `greeting-${Math.ceil(n / RUNS_EACH)}.git`
    if (n % RUNS_EACH === 1) {
      await cp(join(world.repository, '.git'), join(served, name), { recursive: true })
      await git(join(served, name), 'config', 'core.bare', 'true')
    }
    const order = orderFor(`${remote.url}/${name}`, n, { agent, limits: LIMITS })
    for (;;) {
      try {
        acknowledged.push((await world.platform.submit(order, { principal_id: 'chaos', key: `r9-${n}` })).run.id)
        break
      } catch (error) {
        if (!isGanderError(error)) throw error
        refused++
        await sleep(50)
      }
    }
  }
  return { acknowledged, refused }
}

/** Runs that wait because model or forge did not answer are continued, as their operator would. */
async function untilEnded(world: World, submitting: Promise<unknown>): Promise<number> {
  let continued = 0
  const submitted = new AbortController()
  void submitting.finally(() => submitted.abort()).catch(() => undefined)
  while (!submitted.signal.aborted || (await openRuns(world)) > 0) {
    const paused = await world.sql<{ id: RunId }>("select id from gander.run where state = 'paused'")
    for (const { id } of paused) {
      await world.platform.continue(id, {}, 'chaos', {})
      continued++
    }
    await sleep(300)
  }
  return continued
}

/** At a plain remote a branch is what stands for the pull request: one for each completed run, and no other. */
async function branchesAmiss(world: World, served: string): Promise<readonly Violation[]> {
  const rows = await world.sql<{ name: string; completed: number }>(
    `select regexp_replace(t.repository, '.*/', '') as name, count(*) filter (where r.state = 'completed') as completed
      from gander.run r join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id group by 1`,
  )
  const counted = await Promise.all(
    rows.map(async ({ name, completed }) => {
      const listed = await git(join(served, name), 'for-each-ref', '--format=%(refname)', 'refs/heads/gander')
      return { name, completed, branches: listed.split('\n').filter((line) => line !== '').length }
    }),
  )
  return counted
    .filter(({ completed, branches }) => completed !== branches)
    .map(({ name, completed, branches }) => ({
      invariant: 'I3',
      what: `${name} has ${branches} branches for ${completed} completed runs`,
    }))
}

if (import.meta.main) await runAsCommand('R9 a faulty model and a faulty forge', 10, faultyModel)
