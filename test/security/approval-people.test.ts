import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalRequirement } from '#domain/approval'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { runCommandLine } from '#cli'
import type { Platform, PublicationWish, RunView } from '#ports'
import { openApprovalWorld, type ApprovalWorld } from '../support/approval-desk.ts'
import { fakeCli } from '../support/fake-cli-environment.ts'

let world: ApprovalWorld
beforeAll(async () => {
  world = await openApprovalWorld()
})
afterAll(() => world.close())
beforeEach(() => world.ruled(OWNED))

const OWNED = `shared_account: true
people:
  grace: [ghopper, grace@example.org]
teams:
  acme/data: [linus, barbara]
matrix:
  - { kind: code_owner, codeowners: true }
`
/** Nobody types who they are; whoever answers signed in. */
const SIGNED_IN = OWNED.replace('shared_account: true\n', '')
const OWNERS = `*.md @grace
/db/ @acme/data
/src/ @grace @edsger
/vault/ @acme/nobody-says-who
/mail/ unknown@example.org
/own/ @ada
`

const taskOf = async (run: RunId) => {
  const found = await world.store.load(run)
  if (found === undefined) throw new Error('the run is gone')
  return found.task
}

/** What must be agreed to for these paths, resolved to people. */
async function wanted(paths: readonly string[], codeowners: string | undefined = OWNERS) {
  const task = await taskOf(await world.waiting())
  const required = [{ kind: 'code_owner', quorum: 1, why: 'a rule' }] as const
  return world.rules.forPublication({ task, paths, codeowners, required } satisfies PublicationWish)
}

/** Where a run that asks for them stands once these have said yes. */
async function after(requirements: readonly ApprovalRequirement[], people: readonly string[]) {
  const run = await world.waiting({ requirements })
  for (const by of people) await world.answer(run, by)
  return (await world.store.load(run))?.run.state
}

const termsOf = async (requirements: readonly ApprovalRequirement[]) => {
  const run = await world.waiting()
  const question = { kind: 'publication', action: 'pull_request.open', subject: [run], requirements } as const
  return world.rules.terms(question, { id: run, task: await taskOf(run), asked: 0 })
}

describe('an owner of every changed path agrees', () => {
  it('one person is enough where they own everything that was changed', async () => {
    const requirements = await wanted(['readme.md', 'src/a.ts', 'unowned.txt'])
    expect(await after(requirements, ['ghopper'])).toBe('queued')
    expect(await after(requirements, ['edsger'])).toBe('awaiting_approval')
  })

  it('two of the same owners are not enough where another path has owners of its own', async () => {
    const requirements = await wanted(['src/a.ts', 'db/1.sql'])
    expect(await after(requirements, ['grace', 'edsger'])).toBe('awaiting_approval')
    expect(await after(requirements, ['linus', 'barbara'])).toBe('awaiting_approval')
    expect(await after(requirements, ['edsger', 'barbara'])).toBe('queued')
    await expect(after(requirements, ['mallory'])).rejects.toMatchObject({ code: 'approval_not_yours' })
  })

  it('the last line that speaks of a path counts, not an earlier one', async () => {
    const requirements = await wanted(['docs/a.md'], '* @grace\ndocs/ @edsger\n')
    await expect(after(requirements, ['grace'])).rejects.toMatchObject({ code: 'approval_not_yours' })
    expect(await after(requirements, ['edsger'])).toBe('queued')
  })

  it('whom the matrix names beside the owners may stand in for any of them, and nobody else', async () => {
    await world.ruled(OWNED.replace('codeowners: true', 'codeowners: true, people: [margaret]'))
    const requirements = await wanted(['src/a.ts', 'db/1.sql'])
    expect(await after(requirements, ['margaret'])).toBe('queued')
    expect(await after(requirements, ['edsger'])).toBe('awaiting_approval')
  })

  it('a yes whose giver owns the path no more counts no more when it is to be used', async () => {
    const requirements = await wanted(['src/a.ts', 'db/1.sql'])
    const run = await world.waiting({ requirements })
    for (const by of ['edsger', 'barbara']) await world.answer(run, by)
    const given = await world.latest(run)
    expect(await world.rules.stillGood(given, await taskOf(run))).toMatchObject({ ok: true })
    const fewer = requirements.map((each) => ({ ...each, owners: ['edsger'] }))
    expect(await world.rules.stillGood({ ...given, requirements: fewer }, await taskOf(run))).toMatchObject({
      ok: false,
    })
  })
})

describe('a question that nobody could answer', () => {
  it.each([
    ['a team that no rule resolves', 'vault/x', /acme\/nobody-says-who/],
    ['an address that is nobody’s', 'mail/x', /unknown@example\.org/],
    ['the requester alone, whose own yes does not count', 'own/x', /ada/],
  ])('for %s is not asked, and says why', async (_, path, why) => {
    await world.ruled(SIGNED_IN)
    expect((await termsOf(await wanted([path]))).refused).toMatch(why)
  })

  it('is not asked where the matrix resolves to no one, and is where it does', async () => {
    expect((await termsOf(await wanted(['src/a.ts'], ''))).refused).toMatch(/no one is named/)
    expect((await termsOf(await wanted(['src/a.ts']))).refused).toBeNull()
  })

  it('is asked of a platform administrator where there is one, who gives it, with the reason on record', async () => {
    const root = await world.person('root', ['platform_administrator'])
    const operator = await world.person('oper', ['operator'])
    const requirements = await wanted(['vault/x', 'src/a.ts'])
    expect(requirements[0]?.administrators_because).toMatch(/acme\/nobody-says-who/)
    expect((await termsOf(requirements)).refused).toBeNull()
    const run = await world.waiting({ requirements })
    await expect(world.answer(run, operator.name, 'approved', operator.id)).rejects.toMatchObject({
      code: 'approval_not_yours',
    })
    await world.answer(run, root.name, 'approved', root.id)
    expect((await world.store.load(run))?.run.state).toBe('queued')
    expect((await world.latest(run)).requirements?.[0]?.administrators_because).toMatch(/nobody-says-who/)
    const others = await wanted(['src/a.ts'])
    expect(others[0]?.administrators_because).toBeUndefined()
    await expect(after(others, ['root'])).rejects.toMatchObject({ code: 'approval_not_yours' })
    await world.identities.disable(LOCAL_TENANT, root.id, { by: 'test' })
  })

  it('takes no one person more after a no where the others are only other names of one', async () => {
    await world.ruled(`${OWNED}  - { kind: security_owner, people: [grace, ghopper] }\n`)
    const task = await taskOf(await world.waiting())
    const required = [{ kind: 'security_owner', quorum: 1, why: 'a rule' }] as const
    const requirements = await world.rules.forPublication({ task, paths: ['a'], codeowners: undefined, required })
    await world.answer(await world.waiting({ subject: ['alone.ts'] }), 'grace', 'rejected')
    const question = { kind: 'publication', action: 'pull_request.open', subject: ['alone.ts'], requirements } as const
    expect(await world.rules.terms(question, { id: await world.waiting(), task, asked: 0 })).toMatchObject({
      refused: null,
      requirements: [{ quorum: 1, four_eyes: true }],
    })
  })
})

describe('many answers at once', () => {
  it('count one by one against the measure of what a person may answer', async () => {
    await world.ruled('shared_account: true\nlimits: { per_approver_hour: 2 }\n')
    const runs = await Promise.all([1, 2, 3].map(() => world.waiting()))
    const work: Platform['work'] = async (run) => (await world.platform.view(run)) as RunView
    const platform: Platform = { ...world.platform, work, close: async () => undefined }
    const { environment, out } = fakeCli({ platform })
    expect(await runCommandLine(environment, ['approve', ...runs, '--by', 'hurried'])).toBe(5)
    expect(out()).toMatch(/✗ .*2 is the most that is taken[\s\S]*1 answer of 3 not taken/)
    const states = await Promise.all(runs.map(async (run) => (await world.store.load(run))?.run.state))
    expect(states).toEqual(['queued', 'queued', 'awaiting_approval'])
  })
})

describe('how long a question stands', () => {
  it('is data by its kind and by the kinds of approval it needs, and the least counts', async () => {
    await world.ruled(`${OWNED}expires: { egress: 30m, publication: 2d }\n`)
    const minutes = async (kind: 'egress' | 'publication', requirements: readonly ApprovalRequirement[] = []) => {
      const run = await world.waiting()
      const about = { kind, action: 'x', subject: [run], requirements }
      return (await world.rules.terms(about, { id: run, task: await taskOf(run), asked: 0 })).valid_minutes
    }
    const requirements = await wanted(['src/a.ts'])
    expect([await minutes('egress'), await minutes('publication', requirements)]).toEqual([30, 2_880])
    await world.ruled(
      `${OWNED.replace('codeowners: true', 'codeowners: true, expires: 8h')}expires: { publication: 2d }\n`,
    )
    expect(await minutes('publication', requirements)).toBe(480)
  })
})

describe('AP-06 an address that the identity provider vouches for', () => {
  it('makes two accounts one person, resolves an owner named by it, and counts no more once it is taken back', async () => {
    await world.ruled(SIGNED_IN)
    const zoe = await world.person('zoe', [], 'zoe-1')
    const other = await world.person('zoe2', [], 'zoe-2')
    const named = () => wanted(['src/a.ts'], 'src/ zoe@example.org\n')
    expect((await termsOf(await named())).refused).toMatch(/zoe@example\.org/)
    for (const { id } of [zoe, other])
      await world.identities.noteEmail(LOCAL_TENANT, id, 'Zoe@example.org', { by: 'sign-in' })
    expect((await termsOf(await named())).refused).toBeNull()
    const twice = (await named()).map((each) => ({ ...each, quorum: 2 }))
    const run = await world.waiting({ requirements: twice })
    await world.answer(run, zoe.name, 'approved', zoe.id)
    await expect(world.answer(run, other.name, 'approved', other.id)).rejects.toThrow(/said yes already/)
    await world.identities.noteEmail(LOCAL_TENANT, other.id, null, { by: 'sign-in' })
    await expect(world.answer(run, other.name, 'approved', other.id)).rejects.toMatchObject({
      code: 'approval_not_yours',
    })
  })

  it('is the requester’s under another account too: who asks by one name does not agree by the other', async () => {
    const asks = await world.person('eve', [], 'eve-1')
    const agrees = await world.person('eve-reviews', [], 'eve-2')
    const requirements = await wanted(['src/a.ts'], 'src/ @eve-reviews @grace\n')
    const before = await world.waiting({ requirements }, asks.name)
    await world.answer(before, agrees.name, 'approved', agrees.id)
    for (const { id } of [asks, agrees])
      await world.identities.noteEmail(LOCAL_TENANT, id, 'eve@example.org', { by: 'sign-in' })
    const run = await world.waiting({ requirements }, asks.name)
    await expect(world.answer(run, agrees.name, 'approved', agrees.id)).rejects.toMatchObject({
      code: 'approval_not_yours',
    })
    expect(await world.rules.stillGood(await world.latest(before), await taskOf(before))).toMatchObject({ ok: false })
    await world.answer(run, 'grace')
    expect((await world.store.load(run))?.run.state).toBe('queued')
  })
})
