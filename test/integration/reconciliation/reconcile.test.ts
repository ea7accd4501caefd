import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLocalForge } from '#adapters/forges/local'
import { createReconciliation, createRunStores } from '#adapters/postgres'
import { reconcilingDuties, type Duty } from '#control-plane/scheduler'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { Forge, RunStore } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { runIn } from '../../support/store-fixtures.ts'

const REPOSITORY = '/srv/repo'

let server: TestServer
let db: TestDatabase
let store: RunStore
let home: string
let forge: Forge
let bare: string
let duties: readonly Duty[]

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  home = await mkdtemp(join(tmpdir(), 'gander-reconcile-'))
  store = createRunStores({ database: db.database, identifiers }).of(LOCAL_TENANT)
  forge = createLocalForge({ home })
  bare = await forge.pushAddress(REPOSITORY)
  const records = createReconciliation({ database: db.database, identifiers })
  duties = reconcilingDuties({ records, forgeOf: () => forge, settled_after_ms: 0 })
})
afterAll(async () => {
  await server.stop()
  await rm(home, { recursive: true, force: true })
})

const perform = async (name: string): Promise<number> =>
  (await duties.find((duty) => duty.name === name)?.perform()) ?? Number.NaN
const git = (...words: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', '--git-dir', bare, ...words], {
    input: '',
    encoding: 'utf8',
  }).trim()
const branches = () => git('for-each-ref', '--format=%(refname:short)', 'refs/heads/gander')

/** A commit that a branch of the forge holds, as a push leaves it. */
function pushed(branch: string): string {
  const commit = git('commit-tree', git('mktree'), '-m', branch)
  git('update-ref', `refs/heads/${branch}`, commit)
  return commit
}

/** A run that planned a publication and ended in between, as one whose attempts were used up. */
async function endedAfter(branch: string, commit: string, key: string): Promise<RunId> {
  const { run, lease } = await runIn(store, 'pr_preparing')
  const begun = await store.beginStep(run.id, lease, { key: 'publication:plan', kind: 'publication', request: {} })
  if (!begun.ok) throw new Error(begun.refusal.message)
  const value = { value: { branch, commit, idempotency_key: key, title: '' } }
  await store.finishStep(run.id, lease, begun.value.n, { value })
  await store.beginStep(run.id, lease, { key: 'publication:publish', kind: 'publication', request: {} })
  const diagnosis = { class: 'worker_lost', what: 'lost', why: 'lost', next: 'look' } as const
  await store.write(run.id, lease, { command: { type: 'end', state: 'failed', diagnosis, packet_sha256: null } })
  return run.id
}

const repairs = async (run: RunId) =>
  (await store.events(run, 0)).filter(({ event }) => event === 'reconciled').map(({ facts }) => facts['finding'])

describe('a run that ended in between', () => {
  it('gets a pull request that was made and not recorded onto its record, once', async () => {
    const commit = pushed('gander/made')
    const key = 'agent-pr:task_1:run_1:base'
    const run = await endedAfter('gander/made', commit, key)
    git('update-ref', 'refs/heads/main', commit)
    const wish = { repository: REPOSITORY, title: 'Made', body: '', draft: true, labels: [] } as const
    const heads = { head_branch: 'gander/made', base_branch: 'main', head_commit: commit, base_commit: commit }
    const made = await forge.openPullRequest({ ...wish, ...heads, idempotency_key: key })
    expect(await perform('publications')).toBe(1)
    expect(await perform('publications')).toBe(0)
    expect(await store.pullRequest(run)).toMatchObject({ url: made.url, number: made.number, idempotency_key: key })
    expect(await repairs(run)).toEqual(['unrecorded_pull_request'])
  })

  it('loses a branch that leads nowhere, and keeps one that somebody moved on', async () => {
    const orphan = await endedAfter('gander/orphan', pushed('gander/orphan'), 'agent-pr:task_2:run_2:base')
    const moved = await endedAfter('gander/moved', pushed('gander/moved'), 'agent-pr:task_3:run_3:base')
    pushed('gander/moved')
    git('update-ref', 'refs/heads/gander/moved', git('commit-tree', git('mktree'), '-m', 'a person went on'))
    expect(await perform('publications')).toBe(1)
    expect(branches().split('\n').toSorted()).toEqual(['gander/made', 'gander/moved'])
    expect(await repairs(orphan)).toEqual(['orphan_branch'])
    expect(await repairs(moved)).toEqual(['nothing_published'])
  })

  it('has its open steps ended: what may have been asked of a model is spent, the rest is released', async () => {
    await perform('open_steps')
    const { run, lease } = await runIn(store, 'editing')
    const sent = await store.beginStep(run.id, lease, model('model:edit:1'))
    await store.beginStep(run.id, lease, model('model:edit:2'))
    if (!sent.ok) throw new Error(sent.refusal.message)
    await db.asOwner(
      `insert into gander.exchange (tenant_id, call_key, run_id, request_sha256, status)
        values ($1, $2, $3, '', 'unknown')`,
      [LOCAL_TENANT, `${run.id}/${sent.value.n}/1`, run.id],
    )
    await store.write(run.id, lease, { command: { type: 'cancel', by: 'ada' } })
    expect(await perform('open_steps')).toBe(2)
    expect(await perform('open_steps')).toBe(0)
    expect((await store.budget(run.id)).use).toMatchObject({ cost_usd: 0.25, reserved_usd: 0 })
    expect(await repairs(run.id)).toEqual(['open_step', 'open_step'])
  })

  it('is left alone while it may still have something under way', async () => {
    const records = createReconciliation({ database: db.database, identifiers })
    await endedAfter('gander/fresh', pushed('gander/fresh'), 'agent-pr:task_4:run_4:base')
    expect(await records.unpublished(60_000, 10)).toEqual([])
    expect(await records.openSteps(60_000, 10)).toEqual([])
    expect(await records.unpublished(0, 10)).toHaveLength(1)
  })
})

const model = (key: string) => ({ key, kind: 'model_call', request: {}, reserve_usd: 0.25 }) as const
