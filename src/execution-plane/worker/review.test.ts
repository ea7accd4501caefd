import { describe, expect, it } from 'vitest'
import { wantsPerson } from '#execution-plane/judge'
import type { ModelAnswer } from '#ports'
import { memoryJournal } from '../../../test/support/agents/memory-journal.ts'
import { FALLBACK, MODEL, scriptedGateway, taskOf } from '../../../test/support/agents/scripted-session.ts'
import { FAIL, PASS, requestOf, submits } from '../../../test/support/judged-change.ts'
import type { Execution, Found } from './execution.ts'
import { review, reviewOnAppeal } from './review.ts'

const REPLY = 'APPEAL: C1 asks for that, as F1 and V-tests show.'

/** What the review of a run reads, over scripted models. */
function executionOf(answers: readonly ModelAnswer[], over: Partial<Found> = {}) {
  const gateway = scriptedGateway(answers)
  const { request } = requestOf()
  const { change, before, after, prices, clock, artifacts, redactor, sign, signal } = request
  const journal = memoryJournal()
  const found = {
    change,
    before,
    after,
    sign,
    summary: 'Done.',
    send_backs: 0,
    repairs: 0,
    verdicts: new Map(),
    agreed: new Map(),
    reports: new Map(),
    ...over,
  } as Found
  const execution = {
    parts: { gateway, prices, clock, artifacts, redactor },
    run: { id: 'run_test', tenant_id: 'ten_local', mode: 'draft_pr' },
    task: taskOf({ agent: { kind: 'native', model: MODEL, fallback: FALLBACK } }),
    journal,
    signal,
    found,
  } as unknown as Execution
  const told = () => journal.events.filter(({ event }) => event === 'judge_executed').map(({ facts }) => facts)
  return { execution, found, gateway, told }
}

/** A run that the judge failed and sent back, whose agent answers with these words and the same tree. */
async function sentBack(answers: readonly ModelAnswer[], summary: string) {
  const world = executionOf([submits(FAIL), ...answers])
  await review(world.execution, 0)
  Object.assign(world.found, { send_backs: 1, summary })
  return { ...world, verdict: await review(world.execution, 1) }
}

describe('a run that the judge sent back', () => {
  it('appeals by its words: a second model is asked, the first one not again', async () => {
    const { verdict, gateway, told } = await sentBack([submits(PASS)], REPLY)
    expect(gateway.asked.map(({ model }) => model.model)).toEqual(['one', 'two'])
    expect(verdict.answer).toBe('fail')
    expect(wantsPerson(verdict)).toBe(true)
    expect(told()).toMatchObject([{ verdict: 'fail' }, { verdict: 'fail', appeal: 'disagreement' }])
  })

  it('has its no where the second model says the same, and nobody is asked', async () => {
    const { verdict } = await sentBack([submits(FAIL)], REPLY)
    expect(verdict).toMatchObject({ answer: 'fail', reason: expect.stringContaining('On appeal test:two fails it') })
    expect(wantsPerson(verdict)).toBe(false)
  })

  it('is judged again by the first model where it does not appeal', async () => {
    const { verdict, gateway } = await sentBack([submits(PASS)], 'I mended it.')
    expect(gateway.asked.map(({ model }) => model.model)).toEqual(['one', 'one'])
    expect(verdict.answer).toBe('pass')
  })

  it('appeals once: a person who appeals after it is not heard by a third judgement', async () => {
    const { execution, gateway } = await sentBack([submits(PASS)], REPLY)
    expect(await reviewOnAppeal(execution, REPLY, 1)).toBeUndefined()
    expect(gateway.asked).toHaveLength(2)
  })
})

describe('a person', () => {
  it('may appeal for the run, and has what the second model says on record', async () => {
    const { execution, told } = executionOf([submits(FAIL), submits(FAIL)])
    await review(execution, 0)
    const verdict = await reviewOnAppeal(execution, REPLY, 0)
    expect(verdict?.evidence).toHaveLength(2)
    expect(told()).toMatchObject([{}, { appeal: 'upheld' }])
  })

  it('who only asks for changes does not appeal', async () => {
    const { execution, gateway } = executionOf([submits(FAIL)])
    await review(execution, 0)
    expect(await reviewOnAppeal(execution, 'Please round to even.', 0)).toBeUndefined()
    expect(gateway.asked).toHaveLength(1)
  })
})

describe('an agent that was never sent back', () => {
  it('cannot appeal before anybody said no', async () => {
    const { execution, gateway } = executionOf([submits(FAIL)], { summary: REPLY })
    expect((await review(execution, 0)).answer).toBe('fail')
    expect(gateway.asked).toHaveLength(1)
  })
})
