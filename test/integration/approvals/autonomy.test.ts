import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventDraft } from '#domain/event'
import { LOCAL_TENANT } from '#domain/ids'
import { openApprovalWorld, type ApprovalWorld } from '../../support/approval-desk.ts'
import { advance, EVIDENCE, ROAD, submission, thisWorker } from '../../support/store-fixtures.ts'

let world: ApprovalWorld
beforeAll(async () => {
  world = await openApprovalWorld()
})
afterAll(() => world.close())

const checkpoint = { kind: 'checkpoint', action: 'checkpoint.after_plan', subject: [`plan ${'a'.repeat(64)}`] } as const
const stateOf = async (run: Parameters<ApprovalWorld['use']>[0]) => (await world.store.load(run))?.run.state

describe('a checkpoint', () => {
  it('is the requester’s to answer, also where approvals want another person', async () => {
    await world.ruled('another_person: true\n')
    const run = await world.waiting(checkpoint, 'ada')
    await world.answer(run, 'ada')
    expect(await stateOf(run)).toBe('queued')
    expect(await world.latest(run)).toMatchObject({ decision: 'approved', is_usable: true })
  })

  it('may be answered with changes, which count as a decision of a person against the work so far', async () => {
    const run = await world.waiting(checkpoint)
    await world.platform.decideApproval(run, { decision: 'changes_requested', by: 'ada', reason: 'round to even' }, {})
    expect(await stateOf(run)).toBe('queued')
    expect(await world.latest(run)).toMatchObject({ decision: 'changes_requested', decision_reason: 'round to even' })
    expect(await world.use(run)).toBe('used')
  })

  it('cannot be used to go on against a gate of tests; against the judge it can', async () => {
    await world.ruled('another_person: false\n')
    const tests = await world.waiting({ ...checkpoint, action: 'gate.verification' })
    await expect(world.answer(tests, 'ada')).rejects.toThrow(/cannot be overruled/)
    await world.answer(tests, 'ada', 'changes_requested')
    const judge = await world.waiting({ ...checkpoint, action: 'gate.judge' })
    await world.answer(judge, 'ada')
    expect([await stateOf(tests), await stateOf(judge)]).toEqual(['queued', 'queued'])
  })

  it('that nobody answers in time leads where its profile says, by the database’s time and not before', async () => {
    const stops = await world.waiting({ ...checkpoint, valid_minutes: 60, on_timeout: 'stop' })
    const goes_on = await world.waiting({ ...checkpoint, valid_minutes: 60, on_timeout: 'continue' })
    const waits = await world.waiting({ kind: 'egress', action: 'egress.connect' })
    await world.store.sweep(thisWorker())
    expect([await stateOf(stops), await stateOf(goes_on)]).toEqual(['awaiting_approval', 'awaiting_approval'])

    await world.database.asOwner(`update gander.approval set expires_at = clock_timestamp() where decision is null`)
    await world.store.sweep(thisWorker())
    expect([await stateOf(stops), await stateOf(goes_on), await stateOf(waits)]).toEqual([
      'needs_human',
      'queued',
      'awaiting_approval',
    ])
    expect((await world.store.load(stops))?.run).toMatchObject({ diagnosis: { class: 'approval_timed_out' } })
    expect(await world.latest(goes_on)).toMatchObject({ decided_by: 'timeout', is_usable: true })
  })
})

describe('what autonomy is earned by', () => {
  const gate = (name: string, answer: string): EventDraft => ({
    event: 'gate_answered',
    facts: { gate: name, answer, reason: 'because', findings: [] },
  })

  /** A run whose gates said this, and that ended so. */
  async function ended(task_class: string, gates: readonly EventDraft[], state: 'completed' | 'needs_human') {
    const made = submission()
    const run = await world.store.submit({ ...made, task: { ...made.task, capability: task_class } })
    const won = await world.store.lease(thisWorker(), run.id)
    if (won === undefined) throw new Error('the run could not be leased')
    for (const to of ROAD) await world.store.write(run.id, won.lease, { command: advance(to) })
    const diagnosis = { class: 'judge_rejected', what: 'no', why: 'no', next: 'look' } as const
    const command =
      state === 'completed'
        ? ({ type: 'complete', packet_sha256: 'f'.repeat(64), summary: 'done', evidence: EVIDENCE } as const)
        : ({ type: 'end', state, diagnosis, packet_sha256: null } as const)
    const done = await world.store.write(run.id, won.lease, { command, events: gates })
    if (!done.ok) throw new Error(done.refusal.message)
  }

  it('is kept with each run: what gates said against how it ended, retries and overrides', async () => {
    await ended('class.measured', [gate('judge', 'pass'), gate('verification', 'pass')], 'completed')
    await ended('class.measured', [gate('judge', 'fail')], 'needs_human')
    await ended('class.measured', [gate('judge', 'fail'), gate('boundary', 'pass')], 'completed')
    const overruled: EventDraft = { event: 'gate_overruled', facts: { gate: 'judge', by: 'ada', reason: 'seen' } }
    await ended('class.measured', [gate('judge', 'fail'), overruled, gate('judge', 'pass')], 'completed')
    const [view] = ((await world.platform.autonomy?.view()) ?? []).filter(
      ({ task_class }) => task_class === 'class.measured',
    )
    expect(view).toMatchObject({
      phase: 3,
      moved_by: null,
      earned_level: 1,
      figures: {
        runs: 4,
        successful: 3,
        // Right: both yeses of the first, the no of the second, the yes of boundary, the last word of the fourth.
        gate_accuracy: { hits: 5, of: 6 },
        overridden: { hits: 1, of: 4 },
      },
    })
    expect(view?.criteria.find(({ metric }) => metric === 'runs')).toMatchObject({ measured: 4, met: false })
  })

  it('moves a class up only by its criteria or with a reason on record, one phase at a time, and down at once', async () => {
    const move = (to: 2 | 3 | 4 | 5, override = false, reason = 'asked for') =>
      world.platform.autonomy?.move('class.moved', { to, by: 'ada', reason, override })
    await expect(move(4)).rejects.toMatchObject({ code: 'rollout_criteria_unmet' })
    await expect(move(4, true, '')).rejects.toMatchObject({ code: 'rollout_criteria_unmet' })
    await expect(move(5, true)).rejects.toThrow(/No phase is left out/)
    expect(await move(4, true)).toMatchObject({ phase: 4, moved_by: 'ada' })
    expect(await move(2)).toMatchObject({ phase: 2 })
    const events = (await world.store.chain(LOCAL_TENANT, 0, 1000)).filter(
      ({ event }) => event === 'rollout_phase_moved',
    )
    expect(events.map(({ facts }) => [facts['from'], facts['to']])).toEqual([
      [3, 4],
      [4, 2],
    ])
    expect(events[0]?.facts['reason']).toMatch(/against its criteria: runs is 0/)
  })
})
