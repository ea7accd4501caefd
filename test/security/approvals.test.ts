import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApprovalRequirement } from '#domain/approval'
import { LOCAL_TENANT } from '#domain/ids'
import { thisWorker } from '../support/store-fixtures.ts'
import { openApprovalWorld, type ApprovalWorld } from '../support/approval-desk.ts'

let world: ApprovalWorld
beforeAll(async () => {
  world = await openApprovalWorld()
})
afterAll(() => world.close())

const reviewers = (quorum: number, more: Partial<ApprovalRequirement> = {}): readonly ApprovalRequirement[] => [
  { kind: 'reviewer', quorum, approvers: ['ada', 'grace', 'linus'], four_eyes: true, why: 'a rule', ...more },
]

const MATRIX = `shared_account: true
people:
  grace: [ghopper, grace@example.org]
matrix:
  - { kind: reviewer, people: [ada, grace, linus], quorum: 2 }
`

const task = async (run: Awaited<ReturnType<ApprovalWorld['waiting']>>) => {
  const found = await world.store.load(run)
  if (found === undefined) throw new Error('the run is gone')
  return found.task
}

describe('AP-02 a yes is used once, by the run that asked, for what it asked', () => {
  it('is used where it belongs', async () => {
    await world.ruled('another_person: false\n')
    const run = await world.waiting()
    await world.answer(run, 'grace')
    expect(await world.use(run)).toBe('used')
    expect(await world.latest(run)).toMatchObject({ is_usable: false, used_at: expect.any(String) as string })
  })

  it('is refused a second time, for another run, and for another question', async () => {
    const [run, other] = [await world.waiting(), await world.waiting()]
    await world.answer(run, 'grace')
    await world.answer(other, 'grace')
    const mine = await world.latest(run)
    expect(await world.use(other, mine)).toBe('refused')
    expect(await world.use(run, { ...mine, fingerprint: 'e'.repeat(64) })).toBe('refused')
    expect(await world.use(run)).toBe('used')
    expect(await world.use(run)).toBe('refused')
  })

  it('is refused once it was taken back, and a run that asks anew may be answered anew', async () => {
    const run = await world.waiting()
    await world.answer(run, 'grace')
    await world.platform.desk?.revoke(run, { by: 'grace', reason: 'a second look' })
    expect(await world.latest(run)).toMatchObject({ revoked_by: 'grace', is_usable: false })
    expect(await world.use(run)).toBe('refused')
    const used = await world.waiting()
    await world.answer(used, 'grace')
    await world.use(used)
    await expect(world.platform.desk?.revoke(used, { by: 'grace', reason: '' })).rejects.toMatchObject({
      code: 'run_not_in_state',
    })
  })
})

describe('AP-03 whoever asks does not agree', () => {
  it('the requester’s own yes is refused under every name of theirs, and another person’s counts', async () => {
    await world.ruled(MATRIX)
    const run = await world.waiting({ requirements: reviewers(1) }, 'grace')
    for (const by of ['grace', 'GHopper', 'gra\u200bce', 'grace@example.org'])
      await expect(world.answer(run, by), by).rejects.toMatchObject({ code: 'approval_not_yours' })
    await world.answer(run, 'linus')
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })

  it('a service does not agree, nor somebody who was shut out; a person in the same role does', async () => {
    await world.ruled('matrix:\n  - { kind: reviewer, roles: [approver] }\n')
    const bot = await world.identities.create(
      {
        tenant_id: LOCAL_TENANT,
        kind: 'service',
        name: 'bot',
        oidc: null,
        grants: [{ role: 'approver', repository: null }],
      },
      'root',
    )
    const [gone, here] = [await world.person('gone', ['approver']), await world.person('here', ['approver'])]
    await world.identities.disable(LOCAL_TENANT, gone.id, { by: 'root' })
    const run = await world.waiting({ requirements: reviewers(1) })
    for (const { name, id } of [bot, gone])
      await expect(world.answer(run, name, 'approved', id), name).rejects.toMatchObject({ code: 'approval_not_yours' })
    await world.answer(run, here.name, 'approved', here.id)
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })

  it('a role that was taken away after the yes counts no more when the yes is to be used', async () => {
    const olga = await world.person('olga', ['approver'])
    const run = await world.waiting({ requirements: reviewers(1) })
    await world.answer(run, olga.name, 'approved', olga.id)
    const approval = await world.latest(run)
    expect(await world.rules.stillGood(approval, await task(run))).toEqual({ ok: true, value: true })
    await world.identities.setGrants(LOCAL_TENANT, olga.id, [{ role: 'viewer', repository: null }], { by: 'root' })
    expect(await world.rules.stillGood(approval, await task(run))).toMatchObject({
      ok: false,
      refusal: expect.stringContaining('only 0 still count') as string,
    })
  })

  it('a name typed on the machine is no sign-in: what it claims to be gives nothing', async () => {
    await world.ruled('matrix:\n  - { kind: reviewer, people: [linus] }\n')
    const run = await world.waiting({ requirements: reviewers(1) })
    await expect(world.answer(run, 'linus')).rejects.toMatchObject({ code: 'approval_not_yours' })
    const linus = await world.person('linus', [])
    await world.answer(run, 'linus', 'approved', linus.id)
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })
})

describe('AP-05 time is the database’s', () => {
  const past = (column: string) =>
    `update gander.approval set ${column} = clock_timestamp() - interval '1 second' where run_id = $1`

  it('a vote after the expiry is refused, one before it counts', async () => {
    await world.ruled(MATRIX)
    const run = await world.waiting({ requirements: reviewers(2) })
    await world.answer(run, 'grace')
    await world.database.asOwner(past('expires_at'), [run])
    await expect(world.answer(run, 'linus')).rejects.toMatchObject({ code: 'run_not_in_state' })
    expect((await world.latest(run)).votes).toMatchObject([{ by: 'grace' }])
  })

  it('a yes that was not used in time is refused, whatever a worker’s clock says', async () => {
    const run = await world.waiting({ valid_minutes: 30 })
    await world.answer(run, 'grace')
    expect((await world.latest(run)).is_usable).toBe(true)
    await world.database.asOwner(past('use_by'), [run])
    expect((await world.latest(run)).is_usable).toBe(false)
    expect(await world.use(run)).toBe('refused')
  })
})

describe('AP-06 a quorum counts people', () => {
  it('one person with two accounts is one, linked by rule or by sign-in; two people are two', async () => {
    await world.ruled(MATRIX)
    const run = await world.waiting({ requirements: reviewers(2) })
    await world.answer(run, 'grace')
    for (const again of ['grace', 'ghopper', 'GRACE@example.org'])
      await expect(world.answer(run, again), again).rejects.toThrow(/said yes already/)
    expect((await world.store.load(run))?.run.state).toBe('awaiting_approval')
    await world.answer(run, 'linus')
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })

  it('two accounts with one subject are one person', async () => {
    await world.ruled('matrix:\n  - { kind: reviewer, roles: [approver], quorum: 2 }\n')
    const one = await world.person('zoe', ['approver'], 'subject-7')
    const two = await world.person('zoe-admin', ['approver'], 'subject-7')
    const other = await world.person('yan', ['approver'], 'subject-8')
    const run = await world.waiting({ requirements: reviewers(2) })
    await world.answer(run, one.name, 'approved', one.id)
    await expect(world.answer(run, two.name, 'approved', two.id)).rejects.toThrow(/said yes already/)
    await world.answer(run, other.name, 'approved', other.id)
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })

  it('answers that come at once are counted once each, and none is lost', async () => {
    await world.ruled(MATRIX)
    const run = await world.waiting({ requirements: reviewers(2) })
    const given = await Promise.allSettled(['grace', 'ghopper', 'linus'].map((by) => world.answer(run, by)))
    expect(given.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(2)
    expect((await world.store.load(run))?.run.state).toBe('queued')
    expect(new Set((await world.latest(run)).votes?.map(({ person }) => person)).size).toBe(2)
  })

  it('a yes that was taken back in time is none', async () => {
    const run = await world.waiting({ requirements: reviewers(2) })
    await world.answer(run, 'grace')
    await world.platform.desk?.revoke(run, { by: 'ghopper', reason: '' })
    await world.answer(run, 'linus')
    expect((await world.store.load(run))?.run.state).toBe('awaiting_approval')
    await world.answer(run, 'grace')
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })
})

describe('AP-08 a yes outlives the worker that waited for it', () => {
  it('is used once by whoever takes the run up, and a worker that comes back from the dead uses nothing', async () => {
    await world.ruled('another_person: false\n')
    const run = await world.waiting()
    await world.answer(run, 'grace')
    const { id, fingerprint } = await world.latest(run)
    const first = await world.store.lease(thisWorker(), run)
    if (first === undefined) throw new Error('the run could not be leased')
    const given_back = { type: 'return_to_queue', reason: 'worker_gave_back' } as const
    await world.store.write(run, first.lease, { command: given_back })
    const second = await world.store.lease(thisWorker(), run)
    if (second === undefined) throw new Error('the run could not be leased again')
    const event = { event: 'approval_used', facts: { approval: id, fingerprint } } as const
    expect((await world.store.write(run, first.lease, { events: [event] })).ok).toBe(false)
    expect((await world.store.write(run, second.lease, { events: [event] })).ok).toBe(true)
    expect((await world.store.write(run, second.lease, { events: [event] })).ok).toBe(false)
  })
})

describe('AP-09 a no is remembered', () => {
  const asked = { kind: 'leave', action: 'file.write' } as const
  const terms = async (subject: readonly string[], requirements: readonly ApprovalRequirement[] = []) => {
    const run = await world.waiting()
    return world.rules.terms({ ...asked, subject, requirements }, { id: run, task: await task(run), asked: 0 })
  }
  const refuse = async (subject: readonly string[]) =>
    world.answer(await world.waiting({ ...asked, subject }), 'grace', 'rejected')

  it('nearly the same asked again takes one person more and names the no; something else is asked as ever', async () => {
    await world.ruled(MATRIX)
    await refuse(['.github/workflows/release.yml'])
    const again = await terms(['./.GitHub/workflows/release2.yml'], reviewers(1, { four_eyes: false }))
    expect(again).toMatchObject({
      escalated_from: { by: 'grace' },
      requirements: [{ quorum: 2, four_eyes: true }],
      refused: null,
    })
    expect(await terms(['package-lock.json'], reviewers(1))).toMatchObject({
      escalated_from: null,
      requirements: [{ quorum: 1 }],
    })
  })

  it('is not put to people at all where the rules say so, until the time is over', async () => {
    await world.ruled(`${MATRIX}limits: { cooldown: refuse, cooldown_minutes: 30 }\n`)
    await refuse(['deploy/values.yaml'])
    expect((await terms(['deploy//values.yaml'])).refused).toMatch(/grace refused nearly the same/)
    expect((await terms(['docs/guide.md'])).refused).toBeNull()
    await world.database.asOwner(
      `update gander.approval set decided_at = decided_at - interval '31 minutes' where decision = 'rejected'`,
    )
    expect((await terms(['deploy//values.yaml'])).refused).toBeNull()
  })
})

describe('what a person is asked has a measure', () => {
  it('a person who has said yes too often is not counted, another is, and a no is always taken', async () => {
    await world.ruled('limits: { per_approver_hour: 2 }\n')
    for (const _ of [1, 2]) await world.answer(await world.waiting(), 'tired')
    const run = await world.waiting()
    await expect(world.answer(run, 'tired')).rejects.toMatchObject({ code: 'approval_limit_reached' })
    await world.answer(run, 'tired', 'rejected')
    await world.answer(await world.waiting(), 'rested')
  })

  it('a run that asks too often is a person’s, one that asks seldom goes on asking', async () => {
    await world.ruled('limits: { per_run: 3 }\n')
    const run = { id: await world.waiting(), task: await task(await world.waiting()) }
    const question = { kind: 'egress', action: 'egress.connect', subject: ['a.example.org'], requirements: [] } as const
    expect((await world.rules.terms(question, { ...run, asked: 3 })).refused).toMatch(/asked people 3 times/)
    expect((await world.rules.terms(question, { ...run, asked: 2 })).refused).toBeNull()
  })
})
