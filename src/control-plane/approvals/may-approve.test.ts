import { describe, expect, it } from 'vitest'
import { isOwnRequest, mayApprove } from './may-approve.ts'
import { readApprovalRules } from './read-approval-rules.ts'

const wish = (by: string, account: string) => ({ requester: 'ada', by, account })

describe('a yes to what a run asks for', () => {
  it('is the requester’s own to give where nothing is said, and is known as such', () => {
    expect(mayApprove(wish('ada', 'ada'), { another_person: false })).toBe(true)
    expect(isOwnRequest(wish('ada', 'ada'))).toBe(true)
    expect(isOwnRequest(wish('grace', 'grace'))).toBe(false)
  })

  it('takes another person where the rules say so: no name and no spelling of it stands in for one', () => {
    const rules = { another_person: true }
    expect(mayApprove(wish('grace', 'grace'), rules)).toBe(true)
    for (const [by, account] of [
      ['ada', 'ada'],
      ['grace', 'ada'],
      ['ada', 'grace'],
      ['Ada ', 'root'],
      ['a\u200bda', 'root'],
      ['ａｄａ', 'root'],
    ] as const)
      expect(mayApprove(wish(by, account), rules), by).toBe(false)
  })
})

describe('the rules about approvals', () => {
  it('are open without a file, and read from one', () => {
    expect(readApprovalRules(undefined)).toEqual({ ok: true, value: { another_person: false } })
    expect(readApprovalRules('another_person: true\n')).toEqual({ ok: true, value: { another_person: true } })
  })

  it('are refused where they cannot be read, by field and line', () => {
    for (const source of ['another_person: maybe\n', 'other_person: true\n', '{', '- x\n']) {
      const read = readApprovalRules(source)
      expect(read).toMatchObject({ ok: false, refusal: { code: 'approval_rules_invalid' } })
    }
  })
})
