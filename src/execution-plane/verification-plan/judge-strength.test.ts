import { describe, expect, it } from 'vitest'
import type {
  PlanTerms,
  StrengthReport,
  VerificationPlan,
  VerificationProfile,
  VerificationReport,
} from '#domain/verification'
import type { RiskTier } from '#domain/risk'
import { asksForOtherBehaviour } from './asks-for-behaviour.ts'
import { bentTests } from './base-tests.ts'
import { drawPlan } from './draw-plan.ts'
import { findRungs } from './find-rungs.ts'
import { judgeStrength } from './judge-strength.ts'
import { planRows } from './plan-rows.ts'

const draw = (tier: RiskTier, terms?: PlanTerms): VerificationPlan =>
  drawPlan({
    tier,
    task_class: 'code_change',
    is_fix: false,
    asked: terms === undefined ? [] : [{ by: '.gander/verify.yaml', terms }],
  })

const report = (
  tests: Readonly<Record<string, 'passed' | 'failed'>>,
  extra: readonly string[] = [],
): VerificationReport => ({
  profile: 'p',
  profile_version: 'v',
  tree: 't',
  sandbox_fingerprint: 'f',
  outcome: 'passed',
  reason: '',
  started_at: '2026-01-02T03:04:05.000Z',
  duration_ms: 1,
  phases: ['unit_tests', ...extra].map((id) => ({
    id,
    argv: [id],
    required: true,
    outcome: 'passed' as const,
    exit_code: 0,
    duration_ms: 1,
    tests: id === 'unit_tests' ? Object.entries(tests).map(([one, outcome]) => ({ id: one, outcome })) : [],
    log_sha256: null,
  })),
})

const NO_BASE_TESTS = { ran: false, reason: 'nothing was altered', tree: null, bent: [] }
const NOT_MEASURED = { measured: false, reason: 'nobody asked' } as const

const mutant = (outcome: StrengthReport['mutants'][number]['outcome']) => ({
  path: 'a.js',
  line: 2,
  operator: 'boundary',
  before: '<',
  after: '<=',
  outcome,
})

function judged(tier: RiskTier, found: Partial<StrengthReport>, other_behaviour = false, terms?: PlanTerms) {
  const mutants = found.mutants ?? []
  const valid = mutants.filter(({ outcome }) => outcome !== 'invalid' && outcome !== 'not_run')
  const strength = {
    base_tests: NO_BASE_TESTS,
    coverage: NOT_MEASURED,
    mutants,
    kill_ratio: valid.length === 0 ? null : valid.filter(({ outcome }) => outcome === 'killed').length / valid.length,
    ...found,
  }
  const plan = draw(tier, terms)
  const after = report({ a: 'passed' })
  const rows = planRows({ plan, before: after, after, rungs: [], strength })
  const whole: StrengthReport = { schema: 'gander.test-strength/v1', tree: 't', plan, rows, ...strength }
  return { rows, verdict: judgeStrength({ report: whole, other_behaviour, unreadable: [], evidence: [] }) }
}

describe('the plan by risk', () => {
  it('asks for more with each tier, and for all tests of the profile in every one', () => {
    const plans = (['low', 'medium', 'high', 'critical'] as const).map((tier) => draw(tier))
    for (const plan of plans) expect(plan.required).toContain('all_tests')
    for (const [at, plan] of plans.entries())
      for (const check of plans[at - 1]?.required ?? []) expect(plan.required).toContain(check)
    expect(plans.map(({ strength_when }) => strength_when)).toEqual(['altered', 'sampled', 'always', 'always'])
    expect(plans[0]?.forbidden_shortcuts).toContain('delete_failing_test')
  })

  it('is made stricter by a repository and never weaker', () => {
    const more = draw('low', { required: ['lint'], mutants: 3, kill_ratio: 0.7, coverage: 0.9 })
    expect(more).toMatchObject({ strength_when: 'always', mutants: 4, kill_ratio: 0.7, coverage: 0.9 })
    expect(more.required).toContain('lint')
    expect(draw('critical', { kill_ratio: 0.1, mutants: 1, minutes: 1 })).toMatchObject({
      kill_ratio: 0.6,
      mutants: 10,
      minutes: 10,
    })
    expect(draw('low').version).toBe(draw('high').version)
    expect(draw('low', { mutants: 3 }).version).not.toBe(draw('low').version)
  })
})

describe('the gate of test strength', () => {
  it('is not required where the plan asks for nothing, and every check that was not run says why', () => {
    const { verdict, rows } = judged('medium', {})
    expect(verdict).toMatchObject({ answer: 'not_required', findings: [] })
    expect(rows.filter(({ outcome, not_run_reason }) => outcome === 'not_run' && not_run_reason === undefined)).toEqual(
      [],
    )
    expect(rows.find(({ check }) => check === 'contract')).toMatchObject({
      demand: 'optional',
      not_run_reason: 'the repository has no contract tests',
    })
  })

  it('a bent test fails, and where the task asks for other behaviour a person is warned', () => {
    const base_tests = { ran: true, reason: 'a.test.js', tree: 'm', bent: ['a.test.js::doubles'] }
    expect(judged('medium', { base_tests }).verdict).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'test.base_fails', severity: 'error' }],
    })
    expect(judged('medium', { base_tests }, true).verdict).toMatchObject({
      answer: 'pass',
      findings: [{ rule: 'test.base_fails', severity: 'warning' }],
    })
  })

  it('survivors fail below the floor of high risk and warn elsewhere; two of them prove nothing', () => {
    const weak = { mutants: [mutant('survived'), mutant('survived'), mutant('killed')] }
    expect(judged('high', weak).verdict.answer).toBe('fail')
    expect(judged('medium', weak).verdict.answer).toBe('pass')
    expect(judged('high', { mutants: weak.mutants.slice(0, 2) }).verdict.answer).toBe('pass')
    expect(
      judged('high', { mutants: [mutant('killed'), mutant('killed'), mutant('invalid')] }).verdict.findings,
    ).toEqual([])
  })

  it('a mutant that only the base commit’s tests notice fails at every tier', () => {
    expect(judged('low', { mutants: [mutant('escaped')] }).verdict).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'mutant.escaped', path: 'a.js', line: 2 }],
    })
  })

  it('missed lines are named, and fail only where the repository asks for a share', () => {
    const files = [{ path: 'a.js', executable: 4, covered: 1, uncovered: [3, 4, 5] }]
    const coverage = { measured: true, by: 'V8', executable: 4, covered: 1, files } as const
    expect(judged('high', { coverage }).verdict).toMatchObject({
      answer: 'pass',
      findings: [{ rule: 'coverage.missed', message: 'no test reaches changed lines 3-5' }],
    })
    expect(judged('high', { coverage }, false, { coverage: 0.5 }).verdict.answer).toBe('fail')
  })

  it('a check that the repository requires and that was not run fails with the reason', () => {
    expect(judged('low', {}, false, { required: ['security'] }).verdict).toMatchObject({
      answer: 'fail',
      reason: expect.stringContaining('security is required by .gander/verify.yaml and was not run'),
    })
    expect(judged('low', {}, false, { required: ['all_tests'] }).verdict.answer).not.toBe('fail')
  })
})

describe('bent tests', () => {
  it('pass on the base commit, fail against the proposed sources, and are told by id', () => {
    const before = report({ a: 'passed', b: 'passed', c: 'failed', d: 'passed', e: 'passed' })
    const mixed = report({ a: 'failed', b: 'passed', c: 'failed', d: 'failed' })
    const after = report({ a: 'passed', b: 'passed', c: 'passed', d: 'failed' })
    const found = bentTests(before, mixed, after)
    expect(found.bent.map(({ id }) => id)).toEqual(['a'])
    expect(found.unreadable).toEqual(['e'])
  })
})

describe('what a task asks of behaviour', () => {
  const asks = (objective: string, is_fix = false, constraints: readonly string[] = []) =>
    asksForOtherBehaviour({ title: '', objective, success_criteria: [], constraints, is_fix })

  it('other behaviour is asked for in words, and a fix must say so of the tests', () => {
    expect(asks('Change the default timeout to ten seconds')).toBe(true)
    expect(asks('The total is wrong when the discount is zero', true)).toBe(false)
    expect(asks('Replace the wrong total', true)).toBe(false)
    expect(asks('The total is wrong; the existing test expects it and must be updated', true)).toBe(true)
  })

  it('words that keep behaviour or tests have the last word', () => {
    expect(asks('Refactor the parser: replace the loop')).toBe(false)
    expect(asks('Replace the cache', false, ['Do not change existing tests'])).toBe(false)
    expect(asks('Rename the helper; behaviour stays unchanged')).toBe(false)
  })
})

describe('rungs', () => {
  const profile: VerificationProfile = {
    id: 'p',
    version: 'v',
    ecosystem: 'node',
    registry_hosts: [],
    phases: [],
    found_by: '',
  }
  const find = (files: Readonly<Record<string, string>>) =>
    findRungs({ paths: Object.keys(files), read: async (path) => files[path] }, profile)

  it('are read from scripts, folders and manifests of the base commit', async () => {
    const scripts = { test: 'node --test', 'test:integration': 'node it.js' }
    const manifest = { scripts, devDependencies: { 'fast-check': '4', '@stryker-mutator/core': '9' } }
    const found = await find({ 'package.json': JSON.stringify(manifest), 'api/openapi.yaml': '' })
    expect(found.map(({ rung }) => rung).sort()).toEqual(['contract', 'integration', 'mutation', 'property'])
    expect(found.find(({ rung }) => rung === 'property')?.not_run_reason).toContain('no test uses it')
    expect(found.find(({ rung }) => rung === 'integration')?.phase).toMatchObject({ shown: 'npm run test:integration' })
    expect(found.find(({ rung }) => rung === 'mutation')?.not_run_reason).toContain('changed lines')
  })

  it('property and contract tests are those that use their library, and end as those tests do', async () => {
    const projects = {
      'fast-check': {
        'package.json': '{"devDependencies":{"fast-check":"4"}}',
        'a.test.js': 'import fc from "fast-check"',
      },
      Hypothesis: {
        'pyproject.toml': '[dependency-groups]\ntest = ["hypothesis"]\n',
        'tests/test_a.py': 'from hypothesis import given\n',
      },
      proptest: { 'Cargo.toml': '[dev-dependencies]\nproptest = "1"\n', 'src/lib.rs': 'use proptest::prelude::*;' },
      jqwik: { 'pom.xml': '<artifactId>jqwik</artifactId>', 'src/test/java/ATest.java': 'import net.jqwik.api.*;' },
      rapid: { 'go.mod': 'require pgregory.net/rapid v1.1.0', 'a_test.go': 'import "pgregory.net/rapid"' },
    }
    for (const [name, files] of Object.entries(projects)) {
      const [rung] = await find(files)
      const [, test = ''] = Object.keys(files)
      expect(rung, name).toMatchObject({ rung: 'property', found_by: `${name} in ${test}`, files: [test] })
    }
    const pact = {
      'package.json': '{"devDependencies":{"@pact-foundation/pact":"15"}}',
      'b.test.ts': "import '@pact-foundation/pact'",
    }
    const rungs = [...(await find(pact)), ...(await find(projects['fast-check']))]
    expect(rungs.map(({ rung }) => rung)).toEqual(['contract', 'property'])
    const after = report({ 'a.test.js::sorted': 'failed', 'b.test.ts::answers': 'passed' })
    const strength = { base_tests: NO_BASE_TESTS, coverage: NOT_MEASURED, mutants: [], kill_ratio: null }
    const before = report({ 'a.test.js::sorted': 'passed' })
    const rows = planRows({ plan: draw('critical'), before, after, rungs, strength })
    const row = (check: string) => rows.find((one) => one.check === check)
    expect(row('property')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('0 of 1 of its tests pass'),
    })
    expect(row('property')).not.toHaveProperty('pre_existing')
    expect(row('contract')).toMatchObject({ outcome: 'passed', demand: 'required' })
  })

  it('a repository without any, or with a broken manifest, has none', async () => {
    expect(await find({ 'package.json': '{', 'src/a.js': '' })).toEqual([])
    expect(await find({})).toEqual([])
  })
})
