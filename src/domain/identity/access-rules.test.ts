import { assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TenantId } from '../ids/index.ts'
import {
  ACCESS_FACTS,
  asksForRecord,
  closedBy,
  factsOf,
  type AccessCondition,
  type AccessRule,
} from './access-rules.ts'

const here = 'ten_here' as TenantId
const rule = (allow_if: readonly AccessCondition[], more: Partial<AccessRule> = {}): AccessRule => ({
  action: 'task.submit',
  tenants: null,
  allow_if,
  reason: null,
  ...more,
})
const ask = (facts: object) => ({ tenant_id: here, action: 'task.submit', facts }) as const

describe('rules about the circumstances of an act', () => {
  it('leave open what every condition holds for, and say which one does not', () => {
    const rules = [
      rule([
        { fact: 'subject.role', in: ['campaign_owner'] },
        { fact: 'repository.risk_tier', not_in: ['critical'] },
        { fact: 'run.level', at_most: 2 },
      ]),
    ]
    const fine = { 'subject.role': ['viewer', 'campaign_owner'], 'repository.risk_tier': 'low', 'run.level': 2 }
    expect(closedBy(rules, ask(fine))).toBeUndefined()
    expect(closedBy(rules, ask({ ...fine, 'subject.role': ['operator'] }))).toBe(
      'subject.role must be one of campaign_owner, and is operator',
    )
    expect(closedBy(rules, ask({ ...fine, 'repository.risk_tier': 'critical' }))).toBe(
      'repository.risk_tier must be none of critical, and is critical',
    )
    expect(closedBy(rules, ask({ ...fine, 'run.level': 3 }))).toBe('run.level must be at most 2, and is 3')
  })

  it('close where a fact is not known, whichever condition asks for it', () => {
    assert(
      property(
        constantFrom(...ACCESS_FACTS),
        constantFrom({ in: ['a'] }, { not_in: ['a'] }, { at_least: 0 }, { at_most: 1e9 }),
        (fact, condition) => closedBy([rule([{ fact, ...condition }])], ask({}))?.endsWith('is not known') === true,
      ),
    )
  })

  it('say nothing about other acts and other tenants', () => {
    const never = [{ fact: 'subject.name', in: [] }] as const
    expect(closedBy([rule(never)], { ...ask({}), action: 'run.cancel' })).toBeUndefined()
    expect(closedBy([rule(never, { tenants: ['ten_other' as TenantId] })], ask({}))).toBeUndefined()
    expect(closedBy([rule(never, { tenants: [here], reason: 'Frozen until Monday.' })], ask({}))).toBe(
      'Frozen until Monday.',
    )
  })

  it('read an address that ends with a slash as everything below it, and others as themselves', () => {
    const below = [rule([{ fact: 'repository.address', in: ['https://git.example.org/acme/'] }])]
    expect(closedBy(below, ask({ 'repository.address': 'https://git.example.org/acme/x' }))).toBeUndefined()
    expect(closedBy(below, ask({ 'repository.address': 'https://git.example.org/acme-2/x' }))).toBeDefined()
    const one = [rule([{ fact: 'repository.address', not_in: ['https://git.example.org/a'] }])]
    expect(closedBy(one, ask({ 'repository.address': 'https://git.example.org/ab' }))).toBeUndefined()
  })

  it('may name a repository and a run only where the act has them', () => {
    expect(factsOf('task.submit')).toContain('repository.risk_tier')
    expect(factsOf('switch.resume')).not.toContain('repository.risk_tier')
    expect(factsOf('switch.resume')).toContain('time.hour')
    expect(asksForRecord([rule([{ fact: 'repository.risk_tier', in: ['low'] }])], 'task.submit')).toBe(true)
    expect(asksForRecord([rule([{ fact: 'subject.role', in: ['operator'] }])], 'task.submit')).toBe(false)
  })
})
