import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { approvalFingerprint } from '#domain/approval'
import type { RunId } from '#domain/ids'
import { readEvidence } from '#evidence-plane/packet'
import type { Platform, RunStore } from '#ports'
import { openPlatform } from '../../../src/main/open-platform.ts'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { submission, thisWorker } from '../../support/store-fixtures.ts'

let server: TestServer
let database: TestDatabase
let home: string
let platform: Platform
let store: RunStore

beforeAll(async () => {
  server = await startTestServer()
  database = await server.database()
  home = await mkdtemp(join(tmpdir(), 'gander-approvals-'))
  platform = await openPlatform({ home, database_url: database.owner_url, version: 'test' })
  store = createRunStore({ database: database.database, identifiers })
})
afterAll(async () => {
  await platform.close()
  await server.stop()
  await rm(home, { recursive: true, force: true })
})
afterEach(() => rm(join(home, 'approvals.yaml'), { force: true }))

const rules = (text: string) => writeFile(join(home, 'approvals.yaml'), text)
const yes = (by: string) => ({ decision: 'approved', by, reason: '' }) as const
const no = (by: string, reason = '') => ({ decision: 'rejected', by, reason }) as const
const decided = async (run: RunId) =>
  (await store.events(run, 0)).filter(({ event }) => event === 'approval_decision').map(({ facts }) => facts)
const stateOf = async (run: RunId) => (await store.load(run))?.run.state

/** A run that waits for leave to reach a host. */
async function waiting(requester = 'ada'): Promise<RunId> {
  const made = submission()
  const capability = 'autonomous_issue_resolver.bounded_change'
  const run = await store.submit({ ...made, task: { ...made.task, requester, capability } })
  const won = await store.lease(thisWorker(), run.id)
  if (won === undefined) throw new Error('the run could not be leased')
  const evidence = { base_sha: 'b'.repeat(40), base_tree: 'a'.repeat(40), policy_allows: true }
  await store.write(run.id, won.lease, { command: { type: 'advance', to: 'preparing', evidence } })
  const approval = {
    id: identifiers.make('approval'),
    kind: 'egress',
    action: 'egress.connect',
    subject: ['packages.example.org'],
    fingerprint: 'f'.repeat(64),
    policy_version: 'p'.repeat(64),
    reason: 'The setup asks for packages.example.org.',
  } as const
  const asked = await store.write(run.id, won.lease, { command: { type: 'await_approval', approval } })
  if (!asked.ok) throw new Error(asked.refusal.message)
  return run.id
}

describe('the answer to what a run asks for', () => {
  it('AP-03 may be the requester’s own where nothing is said, and the record says that it was', async () => {
    const run = await waiting()
    expect((await platform.decideApproval(run, yes('ada'), {})).run.state).toBe('queued')
    expect(await decided(run)).toMatchObject([{ approver: 'ada', decision: 'approved', own_request: true }])
  })

  it('AP-03 is another person’s where the rules demand one, by name and by account', async () => {
    await rules('another_person: true\n')
    const run = await waiting()
    await expect(platform.decideApproval(run, yes('ada'), {})).rejects.toMatchObject({ code: 'approval_not_yours' })
    expect(await stateOf(run)).toBe('awaiting_approval')
    expect(await decided(run)).toEqual([])
    expect((await platform.decideApproval(run, yes('grace'), {})).run.state).toBe('queued')
    expect(await decided(run)).toMatchObject([{ approver: 'grace', own_request: false }])

    const mine = await waiting(userInfo().username)
    await expect(platform.decideApproval(mine, yes('grace'), {})).rejects.toMatchObject({ code: 'approval_not_yours' })
    expect((await platform.decideApproval(mine, no(userInfo().username), {})).run.state).toBe('blocked_policy')
  })

  it('is taken by nobody while the rules cannot be read, and a no is still taken', async () => {
    const run = await waiting()
    for (const text of ['another_person: perhaps\n', '{', 'any_person: true\n']) {
      await rules(text)
      await expect(platform.decideApproval(run, yes('grace'), {})).rejects.toMatchObject({
        code: 'approval_rules_invalid',
      })
    }
    expect(await stateOf(run)).toBe('awaiting_approval')
    expect((await platform.decideApproval(run, no('grace'), {})).run.state).toBe('blocked_policy')
  })

  it('AP-02 counts once, however many come at the same time', async () => {
    const run = await waiting()
    const answers = Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? yes(`p${at}`) : no(`p${at}`)))
    const taken = await Promise.allSettled(answers.map((answer) => platform.decideApproval(run, answer, {})))
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of taken)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'run_not_in_state' })
    expect(await decided(run)).toHaveLength(1)
    expect(await store.approvals(run)).toMatchObject([
      { decision: expect.stringMatching(/^(approved|rejected)$/) as string },
    ])
  })

  it('AP-05 comes too late once the request has expired by the time of the database; a no ends the run', async () => {
    const run = await waiting()
    await database.asOwner(`update gander.approval set expires_at = now() - interval '1 second' where run_id = $1`, [
      run,
    ])
    await expect(platform.decideApproval(run, yes('ada'), {})).rejects.toMatchObject({
      code: 'run_not_in_state',
      message: expect.stringContaining('expired') as string,
      remedy: expect.stringContaining('gander continue') as string,
    })
    expect(await stateOf(run)).toBe('awaiting_approval')
    expect(await decided(run)).toEqual([])
    expect((await platform.decideApproval(run, no('ada'), {})).run.state).toBe('blocked_policy')
    const again = await platform.continue(run, {}, 'ada', {})
    expect(again.run).toMatchObject({ state: 'queued' })
    expect(again.run.id).not.toBe(run)
  })

  it('that is a no leaves a packet which says who said it, why, and what was asked', async () => {
    const run = await waiting()
    const view = await platform.decideApproval(run, no('grace', 'not from there'), {})
    expect(view.run).toMatchObject({ state: 'blocked_policy', diagnosis: { class: 'approval_denied' } })
    const packet = readEvidence(await readFile(view.packet ?? '', 'utf8'))
    expect(packet.evidence).toMatchObject({
      run_id: run,
      outcome: {
        state: 'blocked_policy',
        diagnosis: { what: 'grace rejected what the run asked for.', why: 'not from there' },
      },
      versions: { agent_runtime: 'test', policy: 'p'.repeat(64) },
    })
    const yesView = await platform.decideApproval(await waiting(), yes('grace'), {})
    expect(yesView.packet).toBeUndefined()
  })
})

describe('the fingerprint of a request', () => {
  const sha256 = (text: string) => Buffer.from(text).toString('hex')
  const asked = { run: 'run_1' as RunId, action: 'egress.connect', subject: ['a.org', 'b.org'], policy_version: 'p' }
  const print = (more: Partial<typeof asked>) => approvalFingerprint(sha256, { ...asked, ...more })

  it('AP-02 is another for another run, host, act or policy, and the same for the same hosts in another order', () => {
    expect(print({ subject: ['b.org', 'a.org'] })).toBe(print({}))
    const others = [
      { run: 'run_2' as RunId },
      { subject: ['a.org'] },
      { subject: ['a.org', 'c.org'] },
      { subject: ['a.org,b.org'] },
      { subject: ['a.org', 'b.org', 'c.org'] },
      { action: 'file.write' },
      { policy_version: 'q' },
    ]
    for (const other of others) expect(print(other), JSON.stringify(other)).not.toBe(print({}))
  })
})
