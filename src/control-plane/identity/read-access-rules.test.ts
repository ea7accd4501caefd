import { describe, expect, it } from 'vitest'
import { readAccessRules } from './read-access-rules.ts'

const refused = (source: string): string => {
  const read = readAccessRules(source)
  return read.ok ? '' : read.refusal
}

describe('access.yaml', () => {
  it('is a list of rules, and nothing where there is no file', () => {
    expect(readAccessRules(undefined)).toEqual({ ok: true, value: [] })
    const read = readAccessRules(`
rules:
  - action: task.submit
    allow_if:
      - { fact: repository.risk_tier, not_in: [critical] }
      - { fact: time.hour, at_least: 6, at_most: 17 }
`)
    expect(read).toEqual({
      ok: true,
      value: [
        {
          action: 'task.submit',
          tenants: null,
          allow_if: [
            { fact: 'repository.risk_tier', not_in: ['critical'] },
            { fact: 'time.hour', at_least: 6, at_most: 17 },
          ],
          reason: null,
        },
      ],
    })
  })

  it.each([
    [
      'an unknown act',
      'rules: [{ action: task.sumbit, allow_if: [{ fact: subject.role, in: [operator] }] }]',
      'action',
    ],
    ['an unknown fact', 'rules: [{ action: task.submit, allow_if: [{ fact: subject.mood, in: [good] }] }]', 'fact'],
    [
      'a fact the act does not have',
      'rules: [{ action: switch.resume, allow_if: [{ fact: run.level, in: [1] }] }]',
      'is not known for switch.resume',
    ],
    [
      'a condition that says nothing',
      'rules: [{ action: task.submit, allow_if: [{ fact: subject.role }] }]',
      'must say',
    ],
    [
      'an order of words',
      'rules: [{ action: task.submit, allow_if: [{ fact: subject.role, at_most: 3 }] }]',
      'at_least and at_most are for',
    ],
    [
      'a rule against stopping',
      'rules: [{ action: switch.stop, allow_if: [{ fact: subject.role, in: [approver] }] }]',
      'stopping stays open',
    ],
    [
      'a rule about reading',
      'rules: [{ action: run.read, allow_if: [{ fact: subject.role, in: [viewer] }] }]',
      'change',
    ],
    ['no condition', 'rules: [{ action: task.submit, allow_if: [] }]', 'allow_if'],
    ['another key', 'rule: []', 'rule'],
  ])('with %s is refused', (_, source, told) => {
    expect(refused(source)).toContain('access.yaml:')
    expect(refused(source)).toContain(told)
  })
})
