import { describe, expect, it } from 'vitest'
import { formatId, LOCAL_TENANT, type DecisionId, type RunId } from '#domain/ids'
import { SILENT_DOCUMENT, type PolicyDocument } from '#domain/policy'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import type { Identifiers, RecordedDecision } from '#ports'
import { compileLevels } from '../levels/compile-policy.ts'
import { readPolicy } from '../levels/read-policy.ts'
import { diffDocuments } from './diff-documents.ts'
import { readPolicyTests, runPolicyTests } from './policy-tests.ts'
import { replayDecisions } from './replay-decisions.ts'

const identifiers: Identifiers = { make: (kind) => formatId(kind, new Uint8Array(16)) }

function document(text: string): PolicyDocument {
  const read = readPolicy(text, { level: 'organisation', name: 'organisation' })
  if (!read.ok) throw new Error(read.refusal.join('; '))
  return read.value.document
}

function levels(text: string) {
  const compiled = compileLevels([document(text)], undefined)
  if (!compiled.ok) throw new Error(compiled.refusal.join('; '))
  return compiled.value
}

describe('the difference of two policies', () => {
  const silent = { ...SILENT_DOCUMENT, level: 'organisation', name: 'organisation' } as const

  it.each([
    ['paths: {denied: [infra/**]}', 'paths + denied: infra/**'],
    ['max_mode: local_branch', 'max_mode: not capped → local_branch'],
    ['budgets: {run: {max_cost_usd: 2}}', 'budgets.run.max_cost_usd: not capped → 2'],
    ['egress: {allowed_hosts: []}', 'egress.allowed_hosts: only none'],
    ['egress: {ask: false}', 'egress.ask: true → false'],
    ['required_verifiers: [tests]', 'required_verifiers + tests'],
    ['approvals: [{kinds: [reviewer], paths: [src/**]}]', 'approvals + 1 × reviewer for src/**'],
  ])('%s is stricter than nothing, and nothing is looser than it', (text, said) => {
    const closed = document(text)
    expect(diffDocuments([silent], [closed])).toMatchObject([{ direction: 'stricter', said }])
    expect(diffDocuments([closed], [silent])).toMatchObject([{ direction: 'looser' }])
  })

  it('of a host more is looser, and of the same words in another order is none', () => {
    const one = document('egress: {allowed_hosts: [a.example.org]}')
    const two = document('egress: {allowed_hosts: [a.example.org, b.example.org]}')
    expect(diffDocuments([one], [two])).toMatchObject([{ direction: 'looser' }])
    const rule = (paths: string) => document(`paths: {denied: [{paths: ${paths}}]}`)
    expect(diffDocuments([rule('[a, b]')], [rule('[b, a]')])).toEqual([])
  })
})

it('a test of a policy tells what was expected and what came', () => {
  const tests = readPolicyTests(`
- name: closed
  input: {changed_files: [infra/a.tf]}
  expect: {decision: block, rule: paths.denied.1}
- name: wrong
  input: {changed_files: [src/a.ts]}
  expect: {decision: ask_approval}
`)
  if (!tests.ok) throw new Error(tests.refusal.join('; '))
  expect(runPolicyTests(tests.value, { levels: levels('paths: {denied: [infra/**]}'), identifiers })).toMatchObject([
    { name: 'closed', passed: true, differences: [] },
    { name: 'wrong', passed: false, differences: ['decision: expected ask, got allow'] },
  ])
  const broken = readPolicyTests('- name: x\n  input: {pats: [a]}\n  expect: {decision: deny}\n')
  expect(broken.ok ? '' : broken.refusal.join()).toContain(
    'tests.0.input.pats (line 2) is no known field; did you mean paths?',
  )
})

it('a replay lists decisions that another policy would answer otherwise, and leaves the platform’s own answers', () => {
  const decided = (path: string, matched_rules: RecordedDecision['decision']['matched_rules']): RecordedDecision => ({
    decision: {
      decision_id: `pdec_${path}` as DecisionId,
      run_id: 'run_1' as RunId,
      answer: matched_rules.some(({ effect }) => effect === 'deny') ? 'deny' : 'allow',
      action: 'file.write',
      args_hash: 'a'.repeat(64),
      requested: { action: 'file.write', state: 'editing', paths: [path], argv: [] },
      matched_rules,
      explanation: '',
      policy_version: 'v',
    },
    // Only what levels look at is asked for here.
    task: {
      tenant_id: LOCAL_TENANT,
      repository: 'r',
      capability: 'c',
      mode: 'draft_pr',
      trust: 'operator',
      requester: 'a',
      scope: DEFAULT_SCOPE,
    } as unknown as Task,
    created_at: '2030-01-01T00:00:00Z',
  })
  const open = { policy: 'task', rule: 'task.inside_scope', effect: 'allow' } as const
  const closed = { policy: 'organisation', rule: 'old', effect: 'deny' } as const
  const own = { policy: 'platform', rule: 'protected.ci', effect: 'deny' } as const
  const replayed = replayDecisions(
    [
      decided('infra/a', [open]),
      decided('docs/a', [open, closed]),
      decided('.github/a', [own]),
      decided('src/a', [open]),
    ],
    levels('paths: {denied: [infra/**]}'),
  )
  expect(replayed).toMatchObject({
    asked: 4,
    changed: [
      { decision_id: 'pdec_infra/a', was: 'allow', becomes: 'deny', because: ['organisation: paths.denied.1'] },
      { decision_id: 'pdec_docs/a', was: 'deny', becomes: 'allow', because: ['organisation: old'] },
    ],
  })
})
