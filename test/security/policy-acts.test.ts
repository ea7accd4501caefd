import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { outcomeOf, type Lab } from '../support/lab/lab.ts'
import { openResidentLab } from '../support/lab/resident-lab.ts'
import { openRunJournal } from '../../src/execution-plane/worker/run-journal.ts'
import { systemClock } from '../../src/main/system-clock.ts'
import { identifiers, startTestServer, type TestServer } from '../support/database.ts'
import { leased, LIMITS } from '../support/store-fixtures.ts'
import { ask } from './policy-questions.ts'

describe('PO-09 an act', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.stop())

  it('whose decision cannot be recorded is not done; it is done once the record can be written', async () => {
    const db = await server.database()
    const store = createRunStore({ database: db.database, identifiers })
    const { run, lease } = await leased(store)
    const journal = openRunJournal({ store, clock: systemClock, run, lease, limits: LIMITS, steps: [] })
    const decision = { ...ask({ paths: ['src/a.ts'] }), run_id: run.id }
    let acts = 0
    const act = async () => ({ value: ++acts })
    await db.asOwner('revoke insert on gander.policy_decision from gander_app')
    await expect(journal.perform({ key: 'one', kind: 'tool_call', request: {}, decision }, act)).rejects.toThrow()
    expect(acts).toBe(0)
    expect(await store.decisions(run.id)).toEqual([])
    await db.asOwner('grant insert on gander.policy_decision to gander_app')
    expect(await journal.perform({ key: 'two', kind: 'tool_call', request: {}, decision }, act)).toBe(1)
    expect(await store.decisions(run.id)).toMatchObject([{ decision_id: decision.decision_id, answer: 'allow' }])
  })
})

describe('PO-03 a policy that the change itself brings', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openResidentLab()
  })
  afterAll(() => lab.close())

  const FILES: Readonly<Record<string, string>> = {
    '.gander/policy.yaml': 'paths:\n  denied: [{rule: notes, paths: [notes.txt], why: people write them}]\n',
    '.gander/verify.yaml':
      "ecosystem: node\nphases:\n  - id: tests\n    command: [node, --test, --test-reporter=tap]\n    results: {format: tap, path: '-'}\n",
    'package.json': '{"name":"notes","version":"1.0.0"}\n',
    'notes.test.js': "require('node:test').test('is there', () => {})\n",
    'notes.txt': 'old\n',
    'other.txt': 'old\n',
  }

  const run = async (repository: string, script: string) =>
    outcomeOf(
      await lab.gander(['run', '--repo', repository, '--mode', 'dry_run_patch', '--json', '--', 'sh', '-c', script]),
    )

  it('is not asked: the base commit decides, and closes what it names and nothing else', async () => {
    const folder = join(lab.root, 'notes-files')
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    const repository = await lab.repository({ folder }, 'notes')
    const opened = await run(repository, 'echo "{}" > .gander/policy.yaml; echo new > notes.txt')
    expect(opened).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'policy_violation' } })
    expect(JSON.stringify(opened['diagnosis'])).toContain('repository: notes')
    expect(await run(repository, 'echo new > other.txt')).toMatchObject({ state: 'completed' })
  })
})
