import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identifiers } from '../../src/main/system-clock.ts'
import { asTenant } from '../support/as-tenant.ts'
import { finished, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'
import { finish, plan, play } from '../support/lab/play.ts'
import { python } from '../support/lab/solutions.ts'
import { startScriptedModel, type ScriptedModel } from '../support/scripted-model/index.ts'
import { executedCalls } from '../support/undecided-acts.ts'

const ISSUE = join(import.meta.dirname, '../../examples/python/issue.md')
const LINES = {
  planning: [plan('stocktake/count.py')],
  editing: [python.half, python.test, finish(), python.source, finish()],
}

/** How long a state is waited for, and the pause between looks: each asks the database, the shortest state takes 120 ms. */
const LOOKS = [200_000, 25] as const

let lab: Lab
let repository: string
let tree: string | null
let calls: number
let database: Database
let store: RunStore

const words = (model: ScriptedModel) => [
  '--model',
  'scripted:coder',
  '--model-url',
  model.url('anthropic'),
  '--model-api',
  'anthropic',
]
const env = { SCRIPTED_API_KEY: 'sk-test-0123456789abcdefghijklmnop' }

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  const model = await startScriptedModel(play(LINES))
  const outcome = outcomeOf(
    await lab.gander(['run', '--repo', repository, '--issue', ISSUE, ...words(model), '--json'], { env }),
  )
  expect(outcome.state).toBe('completed')
  tree = outcome.tree
  calls = model.requests.length
  await model.close()
  database = await openDatabase({ home: lab.home })
  store = createRunStore({ database, identifiers })
})
afterAll(async () => {
  await database.close()
  await lab.close()
})

/** The state that verifies the base commit is over before anybody sees it, where an earlier run has verified it. */
const forgetBaselines = () => asTenant(database, 'update gander.baseline set expires_at = clock_timestamp()')

/** Starts a run, kills its worker as soon as the database says that a state is reached, and gives the run's id. */
async function killedIn(state: string, model: ScriptedModel): Promise<RunId> {
  if (state === 'reproducing') await forgetBaselines()
  const before = new Set((await store.list(LOCAL_TENANT, 100)).map(({ run }) => run.id))
  const child = lab.start(['run', '--repo', repository, '--issue', ISSUE, ...words(model), '--json'], env)
  const end = finished(child)
  let id: RunId | undefined
  await until(
    async () => {
      const now = (await store.list(LOCAL_TENANT, 1))[0]?.run
      if (now === undefined || before.has(now.id)) return false
      id = now.id
      if (child.exitCode !== null) throw new Error(`the run ended before it was seen ${state}`)
      return now.state === state
    },
    ...LOOKS,
  )
  child.kill('SIGKILL')
  await end
  if (id === undefined) throw new Error('no run was seen')
  return id
}

const pullRequests = async (run: string) => {
  const found: unknown[] = []
  for (const file of await readdir(join(lab.home, 'forge'), { recursive: true })) {
    if (!file.endsWith('.json')) continue
    const text = await readFile(join(lab.home, 'forge', file), 'utf8')
    if (text.includes(`:${run}:`)) found.push(JSON.parse(text))
  }
  return found
}

describe('a worker that is killed', () => {
  it.each(['preparing', 'reproducing', 'planning', 'editing', 'verifying', 'repairing', 'judging', 'pr_preparing'])(
    'while %s is resumed to the same tree, one pull request and no repeated model call',
    async (state) => {
      const script = play(LINES)
      const model = await startScriptedModel(async (turn) => ({ delay_ms: 120, ...(await script(turn)) }))
      try {
        const run = await killedIn(state, model)
        const resumed = await lab.gander(['continue', run, '--json'], { env })
        const outcome = outcomeOf(resumed)
        expect(outcome).toMatchObject({ run_id: run, state: 'completed', tree })
        expect(model.requests.length).toBe(calls)
        expect(await pullRequests(run)).toHaveLength(1)
      } finally {
        await model.close()
      }
    },
  )

  it('has executed no call of a tool without an earlier decision that allows exactly that, in any run', async () => {
    const runs = await store.list(LOCAL_TENANT, 100)
    for (const { run } of runs) {
      const { executed, undecided } = await executedCalls(database, run.id)
      expect(undecided).toEqual([])
      expect(executed).toBeGreaterThanOrEqual(LINES.planning.length + LINES.editing.length)
    }
    expect(runs.length).toBeGreaterThan(1)
  })
})
