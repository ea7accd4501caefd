import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { identifiers } from '../../src/main/system-clock.ts'
import { openLab, outcomeOf, type Lab } from '../support/lab/lab.ts'
import { call, finish, plan, play } from '../support/lab/play.ts'
import { python } from '../support/lab/solutions.ts'
import { startScriptedModel, type Script } from '../support/scripted-model/index.ts'

const ISSUE = join(import.meta.dirname, '../../examples/python/issue.md')
const closing = (path: string) => `paths: { denied: [{ rule: closed, paths: ["${path}"], why: it is closed }] }\n`
const NOTE = call('file_write', { path: 'notes/why.md', content: 'Because.\n' })
const LINES = {
  planning: [plan('stocktake/count.py')],
  editing: [NOTE, python.test, python.source, NOTE, finish('The count is right, and the test could not be added.')],
}

let lab: Lab
let database: Database
let store: RunStore

beforeAll(async () => {
  lab = await openLab()
  await mkdir(join(lab.home, 'policy'), { recursive: true })
  await activate('notes/**')
  database = await openDatabase({ home: lab.home })
  store = createRunStore({ database, identifiers })
})
afterAll(async () => {
  await database.close()
  await lab.close()
})

async function activate(path: string): Promise<void> {
  await writeFile(join(lab.home, 'policy/platform.yaml'), closing(path))
  const done = await lab.gander(['policy', 'activate', '--reason', `close ${path}`, '--by', 'ada'])
  expect(done.code, done.stderr).toBe(0)
}

it('PO-07 a run is asked the policy of now before each act: what it closes is closed at once, what it opens is not', async () => {
  const script = play(LINES)
  let edits = 0
  const changing: Script = async (turn) => {
    const reply = await script(turn)
    if (turn.phase !== 'editing' || ++edits !== 2) return reply
    // Between the first and the second call of the agent: tests are closed, and notes are opened.
    await activate('tests/**')
    // A process believes what it read of the policy for a second at most.
    return { ...reply, delay_ms: 1_100 }
  }
  const model = await startScriptedModel(changing)
  const order = ['run', '--repo', await lab.repository('python'), '--issue', ISSUE, '--json']
  const coder = ['--model', 'scripted:coder', '--model-url', model.url('anthropic'), '--model-api', 'anthropic']
  const env = { SCRIPTED_API_KEY: 'sk-test-0123456789abcdefghijklmnop' }
  const outcome = outcomeOf(await lab.gander([...order, ...coder], { env }))
  await model.close()
  const writes = (await store.decisions(outcome.run_id as RunId)).filter(({ action }) => action === 'file.write')
  const told = writes.map(({ answer, matched_rules }) => [answer, matched_rules.map(({ rule }) => rule).join()])
  expect(told, JSON.stringify(outcome)).toEqual([
    ['deny', expect.stringContaining('closed')],
    ['deny', expect.stringContaining('closed')],
    ['allow', expect.not.stringContaining('closed')],
    ['deny', expect.stringContaining('closed')],
  ])
  const versions = writes.map(({ policy_version }) => policy_version)
  expect(versions[1]).not.toBe(versions[0])
  expect(versions.slice(2)).toEqual([versions[1], versions[1]])
}, 120_000)
