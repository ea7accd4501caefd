/** R9, a model of whose answers a third is a fault: refused for now, broken, cut, malformed, or lost altogether. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_LIMITS } from '#domain/budget'
import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { startScriptedModel, type Script, type ScriptedReply } from '../support/scripted-model/index.ts'
import { checkAt } from './checker.ts'
import { runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, type World } from './kit/world.ts'

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

const LINES = play({
  planning: [plan('greeting.txt')],
  editing: [call('file_write', { path: 'greeting.txt', content: 'good day\nand good night\n' }), finish()],
})

/** Lets so many runs work with a model of which a third of the answers are faults. */
export async function faultyModel(runs: number, seed = 9): Promise<Figures> {
  const world = await openWorld()
  const random = seeded(seed)
  let faults = 0
  const script: Script = (turn) => {
    if (random() >= FAULT_SHARE) return LINES(turn)
    faults++
    return FAULTS[Math.floor(random() * FAULTS.length)] ?? {}
  }
  const model = await startScriptedModel(script)
  try {
    await writeFile(
      join(world.home, 'prices.json'),
      '{"models":{"scripted":{"coder":{"input":1,"output":5,"cached_input":0.1}}}}',
    )
    const url = model.url('anthropic')
    const choice = { provider: 'scripted', model: 'coder', api: 'anthropic', url } as const
    const agent: AgentChoice = { kind: 'native', model: choice, fallback: null }
    const workers = [await world.worker('a'), await world.worker('b')]
    const acknowledged = await world.submit(runs, { agent, limits: { ...DEFAULT_LIMITS, max_cost_usd: 1 } })
    const continued = await untilEnded(world)
    await leave(workers)
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const states = await statesOf(world)
    const classes = await world.sql<{ class: string }>(
      "select distinct facts ->> 'class' as class from gander.audit_event where event = 'run_failed'",
    )
    return {
      runs,
      model_requests: model.requests.length,
      faults,
      continued_by_a_person: continued,
      states,
      completed_percent: Math.round(((states['completed'] ?? 0) / runs) * 1000) / 10,
      failures: classes.map((row) => row.class).join(', '),
      violations,
    }
  } finally {
    await model.close()
    await world.close()
  }
}

/** Runs that wait because the model did not answer are continued, as their operator would. */
async function untilEnded(world: World): Promise<number> {
  let continued = 0
  for (let looks = 0; looks < 600 && (await openRuns(world)) > 0; looks++) {
    const paused = await world.sql<{ id: RunId }>("select id from gander.run where state = 'paused'")
    for (const { id } of paused) {
      await world.platform.continue(id, {}, 'chaos', {})
      continued++
    }
    await sleep(300)
  }
  return continued
}

if (import.meta.main) await runAsCommand('R9 a faulty model', 10, faultyModel)
