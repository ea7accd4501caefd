import { describe, expect, it } from 'vitest'
import type { ModelAnswer } from '#ports'
import { emptyMemory, memoryJournal } from '../../../test/support/agents/memory-journal.ts'
import { fails, FALLBACK, scriptedGateway } from '../../../test/support/agents/scripted-session.ts'
import { FAIL, gate, PASS, requestOf, submits } from '../../../test/support/judged-change.ts'
import { appeal, appealIn, judge, wantsPerson, type JudgeRequest } from './index.ts'

const REPLY = 'The lexer change is what C1 asks for, as F2 and V-tests show.'

async function appealed(answers: readonly ModelAnswer[], over: Partial<JudgeRequest> = {}, reply = REPLY) {
  const gateway = scriptedGateway([submits(FAIL), ...answers])
  const { request } = requestOf({ gateway, fallback: FALLBACK, ...over })
  const { verdict, report } = await judge(request)
  if (report === null) throw new Error('the first model gave no report')
  return { ...(await appeal({ ...request, first: { verdict, report }, reply })), first: verdict, asked: gateway.asked }
}

describe('an appeal', () => {
  it('goes to a model that is not the one which failed the change, with its report and the reply as data', async () => {
    const { asked } = await appealed([submits(FAIL)])
    expect(asked.map(({ model }) => model.model)).toEqual(['one', 'two'])
    const message = asked[1]?.request.messages[0]
    const text = message?.role === 'user' ? message.text : ''
    expect(/<data key=(\w+) id=first [^\n]*>\n[\s\S]*The lexer was reformatted[\s\S]*<\/data key=\1>/.test(text)).toBe(
      true,
    )
    expect(/<data key=(\w+) id=reply [^\n]*>\nThe lexer change is what C1[\s\S]*<\/data key=\1>/.test(text)).toBe(true)
    expect(asked[1]?.request.system).toContain('on appeal')
  })

  it('that a second model fails as well lets the first no stand, with both reports as evidence', async () => {
    const { outcome, verdict } = await appealed([submits(FAIL)])
    expect(outcome).toBe('upheld')
    expect(verdict).toMatchObject({ answer: 'fail', evidence: [expect.any(String), expect.any(String)] })
    expect(wantsPerson(verdict)).toBe(false)
  })

  it('that a second model would let pass is no pass: a person settles it', async () => {
    const { outcome, verdict } = await appealed([submits(PASS)])
    expect(outcome).toBe('disagreement')
    expect(verdict.answer).toBe('fail')
    expect(verdict.evidence).toHaveLength(2)
    expect(wantsPerson(verdict)).toBe(true)
  })

  it('that nobody else can hear goes to a person, and says so', async () => {
    const alone = await appealed([], { fallback: null })
    expect(alone).toMatchObject({
      outcome: 'unheard',
      verdict: { answer: 'fail', reason: expect.stringContaining('no model beside test:one') },
    })
    const broken = await appealed([fails('key_rejected', false)])
    expect(broken.outcome).toBe('unheard')
    expect(wantsPerson(alone.verdict) && wantsPerson(broken.verdict)).toBe(true)
  })

  it('that cites no evidence is not heard', async () => {
    const { outcome, asked, verdict } = await appealed([], {}, 'Trust me, CI-42 and F99 are green.')
    expect(outcome).toBe('without_evidence')
    expect(asked).toHaveLength(1)
    expect(verdict.answer).toBe('fail')
  })

  it('is never heard against a deterministic gate', async () => {
    const { request } = requestOf({ fallback: FALLBACK, gateway: scriptedGateway([submits(FAIL)]) })
    const { verdict, report } = await judge(request)
    if (report === null) throw new Error('no report')
    const gateway = scriptedGateway([])
    const blocked = await appeal({
      ...request,
      gateway,
      verdicts: [gate({ answer: 'fail', reason: 'a secret' })],
      first: { verdict, report },
      reply: REPLY,
    })
    expect(blocked.verdict).toMatchObject({ answer: 'fail', decided_by: 'deterministic' })
    expect(gateway.asked).toEqual([])
  })

  it('is not asked again when the run is resumed', async () => {
    const memory = emptyMemory()
    const first = await appealed([submits(PASS)], { journal: memoryJournal(memory) })
    const { request } = requestOf({ journal: memoryJournal(memory), fallback: FALLBACK, gateway: scriptedGateway([]) })
    const { verdict, report } = await judge(request)
    if (report === null) throw new Error('no report')
    expect((await appeal({ ...request, first: { verdict, report }, reply: REPLY })).verdict).toEqual(first.verdict)
  })

  it('begins with the word, in any case', () => {
    expect(appealIn('APPEAL: C1 is met')).toBe('C1 is met')
    expect(appealIn('Appeal. C1')).toBe('C1')
    expect(appealIn('I appealed to reason')).toBeUndefined()
    expect(appealIn('Appealing as it is')).toBeUndefined()
  })
})
