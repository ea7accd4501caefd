import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { identifiers } from '../../src/main/system-clock.ts'
import { finished, git, openLab, outcomeOf, until, type Lab } from '../support/lab/lab.ts'

const CHANGE = ['--json', '--', 'sh', '-c', 'echo new > notes.txt']

let lab: Lab
let database: Database
let store: RunStore
let repository: string

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  database = await openDatabase({ home: lab.home })
  store = createRunStore({ database, identifiers })
})
afterAll(async () => {
  await database.close()
  await lab.close()
})

const run = async (...words: readonly string[]) =>
  outcomeOf(await lab.gander(['run', '--repo', repository, ...words, ...CHANGE]))

/** Types a command and kills its process once the answer is on record and the run was taken up or still waits to be. */
async function killedAfterAnswer(words: readonly string[], id: RunId): Promise<void> {
  const child = lab.start(words)
  const end = finished(child)
  await until(async () => (await store.load(id))?.run.state !== 'awaiting_approval' || child.exitCode !== null, 60_000)
  child.kill('SIGKILL')
  await end
}

const eventsOf = async (id: RunId, ...names: readonly string[]) =>
  (await store.events(id, 0)).filter(({ event }) => names.includes(event)).map(({ event }) => event)

describe('people in the way of a run', () => {
  it('AP-08 a plan that a person agreed to is worked on once, though the worker died between the yes and the act', async () => {
    const waiting = await run('--level', '2', '--mode', 'dry_run_patch')
    expect(waiting).toMatchObject({ state: 'awaiting_approval', approval: { action: 'checkpoint.after_plan' } })
    // The identifier is the program's own output.
    const id = waiting.run_id as RunId
    await killedAfterAnswer(['approve', id, '--json'], id)
    const [asked] = await store.approvals(id)
    expect(asked).toMatchObject({ kind: 'checkpoint', decision: 'approved' })

    for (const phase of ['after_test', 'after_review']) {
      const next = outcomeOf(
        await lab.gander(phase === 'after_test' ? ['continue', id, '--json'] : ['approve', id, '--json']),
      )
      expect(next).toMatchObject({ state: 'awaiting_approval', approval: { action: `checkpoint.${phase}` } })
    }
    expect(outcomeOf(await lab.gander(['approve', id, '--json']))).toMatchObject({ run_id: id, state: 'completed' })
    const steps = (await store.steps(id)).filter(({ key }) => key.startsWith('checkpoint:plan'))
    expect(steps).toHaveLength(1)
    expect(await eventsOf(id, 'approval_requested')).toHaveLength(3)
    expect(await eventsOf(id, 'approval_used')).toHaveLength(3)
  }, 180_000)

  it('AP-08 two of three agree to a publication: it happens once, though the worker died between the last yes and the act', async () => {
    await writeFile(
      join(lab.home, 'approvals.yaml'),
      `shared_account: true
people: { ada: [ada-admin] }
matrix: [{ kind: reviewer, people: [ada, grace, linus], quorum: 2 }]
require: [{ paths: ['**/*.txt'], kinds: [reviewer] }]
`,
    )
    const waiting = await run('--mode', 'local_branch')
    expect(waiting).toMatchObject({
      state: 'awaiting_approval',
      approval: { kind: 'publication', action: 'branch.push' },
    })
    const id = waiting.run_id as RunId
    const list = JSON.parse((await lab.gander(['approvals', '--by', 'ada', '--json'])).stdout) as readonly object[]
    expect(list).toMatchObject([{ is_mine: true, preview: { files: 1, paths: ['notes.txt'] } }])

    expect(outcomeOf(await lab.gander(['approve', id, '--by', 'ada', '--json']))).toMatchObject({
      state: 'awaiting_approval',
    })
    expect((await lab.gander(['approve', id, '--by', 'ada-admin'])).stderr).toMatch(/said yes already/)
    expect(await git(repository, 'branch', '--list', 'gander/*')).toBe('')

    await killedAfterAnswer(['approve', id, '--by', 'linus', '--json'], id)
    const before = await eventsOf(id, 'branch_pushed')
    const resumed = outcomeOf(await lab.gander(['continue', id, '--json']))
    expect(resumed).toMatchObject({ run_id: id, state: 'completed' })
    expect(before.length).toBeLessThanOrEqual(1)
    expect(await eventsOf(id, 'branch_pushed')).toHaveLength(1)
    expect(await eventsOf(id, 'approval_used')).toHaveLength(1)
    expect(await store.approvals(id)).toMatchObject([
      { decision: 'approved', votes: [{ by: 'ada' }, { by: 'linus' }], used_at: expect.any(String) as string },
    ])
  }, 180_000)
})
