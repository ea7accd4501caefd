import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpPlatform } from '#api/client'
import { runCommandLine } from '#cli'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import type { Role } from '#domain/identity'
import { openPlatformWorld, type PlatformWorld } from '../integration/api/platform-world.ts'
import { waitingRun } from '../support/approval-desk.ts'
import { fakeCli } from '../support/fake-cli-environment.ts'

let world: PlatformWorld
let other: TenantId
beforeAll(async () => {
  world = await openPlatformWorld()
  const opened = await world.openTenant('another')
  other = opened.tenant.tenant_id
})
afterAll(() => world.close())

let drawn = 0
const print = () => (++drawn).toString(16).padStart(8, '0').repeat(8)
const waiting = (tenant = LOCAL_TENANT, requester = 'ada') =>
  waitingRun(world.storeOf(tenant), { fingerprint: print() }, requester, tenant)
const latest = async (run: RunId, tenant = LOCAL_TENANT) => {
  const approval = (await world.storeOf(tenant).approvals(run)).at(-1)
  if (approval === undefined) throw new Error('nothing was asked')
  return approval
}
const stateOf = async (run: RunId, tenant = LOCAL_TENANT) => (await world.storeOf(tenant).load(run))?.run.state

async function person(name: string, tenant = LOCAL_TENANT, roles: readonly Role[] = ['approver']) {
  const grants = roles.map((role) => ({ role, repository: null }))
  const { id } = await world.identities.create({ tenant_id: tenant, kind: 'person', name, oidc: null, grants }, 'test')
  const wish = { label: 'test', scopes: null, expires_at: null }
  const issue = async () => world.identities.issue(tenant, id, wish, 'test')
  return { id, issue, ...(await issue()) }
}

const ask = async (path: string, token: string, body: unknown) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${world.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
}
const yesTo = async (run: RunId, token: string) => ask(`/v1/runs/${run}/approve`, token, { decision: 'approved' })
const many = (token: string, answers: readonly object[]) => ask('/v1/approvals/answers', token, { answers })
const entry = async (run_id: RunId, tenant = LOCAL_TENANT) => ({
  run_id,
  fingerprint: (await latest(run_id, tenant)).fingerprint,
  decision: 'approved',
})

describe('many answers in one request', () => {
  it('are taken each by itself: what was not shown, is another’s or waits for nothing is refused, the rest counts', async () => {
    const { token } = await person('many')
    const [one, changed, theirs, last] = [await waiting(), await waiting(), await waiting(other), await waiting()]
    const { status, body } = await many(token, [
      await entry(one),
      { ...(await entry(changed)), fingerprint: 'e'.repeat(64) },
      await entry(theirs, other),
      await entry(one),
      { ...(await entry(last)), decision: 'rejected' },
    ])
    expect([status, body['items']]).toMatchObject([
      200,
      [
        { run_id: one, result: 'taken', state: 'queued', code: null },
        { result: 'refused', code: 'run_not_in_state', state: null },
        { result: 'refused', code: 'run_not_found' },
        { result: 'refused', code: 'run_not_in_state' },
        { result: 'taken', state: 'blocked_policy' },
      ],
    ])
    expect([await stateOf(changed), await stateOf(theirs, other)]).toEqual(['awaiting_approval', 'awaiting_approval'])
    expect((await latest(theirs, other)).decision).toBeNull()
  })

  it('of somebody who may not answer change nothing, and neither does a list that names no fingerprint', async () => {
    const viewer = await person('looks', LOCAL_TENANT, ['viewer'])
    const run = await waiting()
    expect((await many(viewer.token, [await entry(run)])).body['items']).toMatchObject([{ code: 'forbidden' }])
    expect((await many(viewer.token, [{ run_id: run, decision: 'approved' }])).status).toBe(422)
    expect((await many(viewer.token, [])).status).toBe(422)
    expect(await stateOf(run)).toBe('awaiting_approval')
  })
})

describe('TE-11 an approval of another tenant', () => {
  it('is not seen, answered or taken back by whoever knows its run, and is by its own people', async () => {
    const [mine, theirs] = [await person('of mine'), await person('of theirs', other)]
    const run = await waiting(other)
    expect((await yesTo(run, mine.token)).status).toBe(404)
    expect((await ask(`/v1/runs/${run}/approvals/revoke`, mine.token, { reason: 'x' })).status).toBe(404)
    const list = await fetch(`${world.url}/v1/approvals`, { headers: { authorization: `Bearer ${mine.token}` } })
    expect(await list.text()).not.toContain(run)
    expect(await stateOf(run, other)).toBe('awaiting_approval')
    expect((await yesTo(run, theirs.token)).status).toBe(200)
    expect((await ask(`/v1/runs/${run}/approvals/revoke`, mine.token, { reason: 'x' })).status).toBe(404)
    expect((await latest(run, other)).revoked_at ?? null).toBeNull()
  })
})

describe('AP-03 a token', () => {
  it('that was revoked, or whose person was shut out, answers nothing; the person’s new one does', async () => {
    const ines = await person('ines')
    const run = await waiting()
    await world.identities.revoke(LOCAL_TENANT, ines.record.id, 'root')
    expect((await yesTo(run, ines.token)).status).toBe(401)
    expect((await many(ines.token, [await entry(run)])).status).toBe(401)
    const gone = await person('gone')
    await world.identities.disable(LOCAL_TENANT, gone.id, { by: 'root' })
    expect((await yesTo(run, gone.token)).status).toBe(401)
    expect(await stateOf(run)).toBe('awaiting_approval')
    expect((await yesTo(run, (await ines.issue()).token)).status).toBe(200)
  })

  it('is no second person: two of one approver are one yes of two', async () => {
    const needs = { kind: 'reviewer', quorum: 2, approvers: [], four_eyes: false, why: 'a rule' } as const
    const store = world.storeOf(LOCAL_TENANT)
    const run = await waitingRun(store, { requirements: [needs], fingerprint: print() })
    const first = await person('first')
    expect((await yesTo(run, first.token)).status).toBe(200)
    expect((await yesTo(run, (await first.issue()).token)).status).toBe(409)
    expect(await stateOf(run)).toBe('awaiting_approval')
    expect((await yesTo(run, (await person('second')).token)).status).toBe(200)
    expect(await stateOf(run)).toBe('queued')
  })
})

describe('gander approve with several runs', () => {
  it('shows what waits with the command that answers exactly that, which then takes nothing that changed since', async () => {
    const { token } = await person('shell')
    const [one, two] = [await waiting(), await waiting()]
    const platform = createHttpPlatform({ url: world.url, token, fetch: globalThis.fetch })
    const gander = async (...words: readonly string[]) => {
      const fake = fakeCli({
        platform: { ...platform, work: async (run) => (await platform.view(run)) as never },
      })
      const code = await runCommandLine(fake.environment, words)
      return { code, out: fake.out(), err: fake.err() }
    }
    const shown = await gander('approve', '--all', '--action', 'pull_request.open')
    expect(shown.out).toContain('Nothing was answered.')
    expect([await stateOf(one), await stateOf(two)]).toEqual(['awaiting_approval', 'awaiting_approval'])
    expect((await gander('approve', '--all', '--action', 'nothing.such')).out).toContain('Nothing of that waits')
    expect((await gander('approve')).code).toBe(2)
    const printed = async (run: RunId) => `${run}@${(await latest(run)).fingerprint.slice(0, 12)}`
    expect(shown.out.split('\n').at(-2)).toContain(await printed(one))
    const done = await gander('approve', `${two}@${'e'.repeat(12)}`, await printed(one))
    expect(done.out).toMatch(/✗ .*asks something else now[\s\S]*✓ .*/)
    expect([await stateOf(one), await stateOf(two)]).toEqual(['queued', 'awaiting_approval'])
    expect((await gander('reject', two, one)).out).toContain('1 answer of 2 not taken')
    expect(await stateOf(two)).toBe('blocked_policy')
  })
})
