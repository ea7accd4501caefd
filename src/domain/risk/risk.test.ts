import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  classifyRisk,
  factsOfChange,
  factsOfTask,
  readRisk,
  RISK_RULES,
  RISK_SIGNALS,
  type RiskFacts,
} from './index.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const subject = {
  title: 'Round half up',
  objective: 'Totals round half up in src/total.ts.',
  constraints: [],
  risk_hints: [],
  owner: 'ada',
  scope: { allowed_paths: [], max_changed_files: 20 },
}
const FILES = ['src/total.ts', 'test/total.test.ts', 'src/auth/login.ts', 'db/migrations/001.sql']
const facts = (more: Partial<RiskFacts> = {}): RiskFacts => ({
  ...factsOfTask(subject, FILES, { runtime: 'library' }),
  ...more,
})
const reasons = (given: RiskFacts) => classifyRisk(given).reasons.map(({ reason }) => reason)

describe('risk', () => {
  it('has rules for each of the nine signals', () => {
    expect(new Set(RISK_RULES.map(({ signal }) => signal))).toEqual(new Set(RISK_SIGNALS))
  })

  it('is low for a tested library with an owner, and says what is not known', () => {
    expect(classifyRisk(facts())).toMatchObject({ tier: 'low', max_autonomy_tier: 3, required_approvals: [] })
    expect(reasons(facts())).toEqual(['how much the tests reach is not known'])
  })

  it.each<[string, Partial<RiskFacts>, string, number]>([
    ['a sensitive domain', { domains: ['billing'] }, 'high', 1],
    ['a sensitive word', { words: ['payments'] }, 'medium', 2],
    ['files that decide about access', { paths: ['src/Auth/login.ts'] }, 'high', 1],
    ['an unknown runtime', { runtime: 'unknown' }, 'medium', 2],
    ['personal data', { data: ['personal'] }, 'high', 1],
    ['secrets', { data: ['secrets'] }, 'critical', 0],
    ['more than forty files', { scope: { ...facts().scope, max_changed_files: 41 } }, 'medium', 2],
    ['what cannot be taken back', { reversibility: 'irreversible' }, 'critical', 0],
    ['no tests', { has_tests: false }, 'medium', 2],
    ['no owner', { has_owner: false }, 'medium', 2],
    ['an incident', { during_incident: true }, 'high', 2],
    ["the author's own word", { stated_hints: ['touches rounding'] }, 'medium', 2],
  ])('%s decides the tier', (_, more, tier, autonomy) => {
    expect(classifyRisk(facts(more))).toMatchObject({ tier, max_autonomy_tier: autonomy })
  })

  it('is not raised by where prose runs', () => {
    expect(classifyRisk(facts({ runtime: 'unknown', paths: ['README.md'] })).tier).toBe('low')
  })

  it('knows a migration by its path, asks the domain owner and forbids migrating', () => {
    const read = classifyRisk(factsOfChange(facts(), ['db/migrations/002.sql']))
    expect(read).toMatchObject({ tier: 'high', max_autonomy_tier: 1, forbidden_actions: ['database.migrate'] })
    expect(read.required_approvals).toContain('domain_owner')
  })

  it('takes the paths that a request names, where they exist', () => {
    expect(facts().paths).toEqual(['src/total.ts'])
  })
})

const anyFacts = fc.record({
  paths: fc.uniqueArray(fc.constantFrom(...FILES, 'README.md', 'package.json', 'openapi.yaml'), { maxLength: 3 }),
  has_tests: fc.boolean(),
  runtime: fc.constantFrom<RiskFacts['runtime']>('production', 'library', 'unknown'),
})

describe('a later reading', () => {
  it('never lowers what an earlier one said', () => {
    const order = ['low', 'medium', 'high', 'critical']
    fc.assert(
      fc.property(anyFacts, anyFacts, (one, other) => {
        const before = readRisk(sha256, { stage: 'intake', facts: facts(one) })
        const after = readRisk(sha256, { stage: 'change', facts: facts(other), before })
        expect(order.indexOf(after.tier)).toBeGreaterThanOrEqual(order.indexOf(before.tier))
        expect(after.max_autonomy_tier).toBeLessThanOrEqual(before.max_autonomy_tier)
        expect(after.max_level).toBeLessThanOrEqual(before.max_level)
        expect(after.least_approvals).toBeGreaterThanOrEqual(before.least_approvals)
        expect(after.required_approvals).toEqual(expect.arrayContaining([...before.required_approvals]))
        expect(after.forbidden_actions).toEqual(expect.arrayContaining([...before.forbidden_actions]))
      }),
      { numRuns: 300 },
    )
  })

  it('names the rules that decided by their hash', () => {
    const { rules } = readRisk(sha256, { stage: 'intake', facts: facts() })
    expect(rules).toMatch(/^[0-9a-f]{64}$/)
    expect(readRisk(sha256, { stage: 'change', facts: facts({ domains: ['kyc'] }) }).rules).toBe(rules)
  })
})

describe('what a tier asks for', () => {
  it('is less authority for gates the higher it is, and no publication of what is critical', () => {
    const read = (more: Partial<RiskFacts>) => classifyRisk(facts(more))
    expect(
      [{}, { has_owner: false }, { domains: ['billing'] }, { data: ['secrets' as const] }].map(
        (more) => read(more).max_level,
      ),
    ).toEqual([4, 3, 2, 1])
    expect(read({ data: ['secrets'] }).forbidden_actions).toEqual(['branch.push', 'pull_request.open'])
    expect(read({ domains: ['billing'] }).forbidden_actions).toEqual([])
  })

  it('is never less than what was agreed for the repository, and an agreement lowers nothing', () => {
    expect(classifyRisk(facts({ agreed_tier: 'high' }))).toMatchObject({ tier: 'high', max_autonomy_tier: 1 })
    expect(classifyRisk(facts({ agreed_tier: 'low', domains: ['kyc'] })).tier).toBe('high')
  })
})
