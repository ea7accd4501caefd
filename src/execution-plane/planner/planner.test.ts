import { describe, expect, it } from 'vitest'
import type { Plan } from '#domain/plan'
import { DEFAULT_SCOPE, type TaskScope } from '#domain/task'
import { PLAN, taskOf } from '../../../test/support/agents/scripted-session.ts'
import { checkPlan, renderPlan } from './index.ts'

const rulesFor = (plan: Partial<Plan>, scope: Partial<TaskScope> = {}) =>
  checkPlan({ ...PLAN, ...plan }, taskOf({ scope: { ...DEFAULT_SCOPE, ...scope } })).map(({ rule }) => rule)

const step = (action: string, target: string) => ({ id: 'S1', action, target, expected_evidence: 'the tests pass' })

describe('a plan', () => {
  it('that names files, evidence and a command is accepted', () => {
    expect(rulesFor({})).toEqual([])
  })

  it.each([
    ['change the workflow', '.github/workflows/ci.yml'],
    ['edit', 'src/a.ts and .GitHub/workflows/ci.yml'],
    ['rewrite the pipeline', '`.github/workflows`'],
    ['delete', './.github/workflows/ci.yml.'],
  ])('that wants to "%s" at %s goes back where that is forbidden', (action, target) => {
    expect(rulesFor({ steps: [step(action, target)] }, { forbidden_paths: ['.github/workflows/**'] })).toEqual([
      'target_forbidden',
    ])
  })

  it('may read what is forbidden to write', () => {
    const steps = [step('inspect the pipeline', '.github/workflows/ci.yml')]
    expect(rulesFor({ steps }, { forbidden_paths: ['.github/**'] })).toEqual([])
  })

  it('that writes outside the allowed paths goes back; words that are no paths do not', () => {
    const scope = { allowed_paths: ['src/**'] }
    expect(rulesFor({ steps: [step('edit', 'lib/b.ts')] }, scope)).toEqual(['target_in_scope'])
    expect(rulesFor({ steps: [step('edit the retry parser', 'RetryPolicy.parse in src/retry.ts')] }, scope)).toEqual([
      'target_in_scope',
    ])
    expect(rulesFor({ steps: [step('edit', 'the RetryPolicy parser in src/retry.ts')] }, scope)).toEqual([])
  })

  it('that writes more files than the contract allows goes back', () => {
    const steps = [step('edit', 'a/1.ts, a/2.ts, a/3.ts')]
    expect(rulesFor({ steps }, { max_changed_files: 2 })).toEqual(['scope_limited'])
    expect(rulesFor({ steps }, { max_changed_files: 3 })).toEqual([])
  })

  it.each(['none', 'N/A', 'manual', 'not needed.'])('whose verification is "%s" goes back', (entry) => {
    expect(rulesFor({ verification: [entry] })).toEqual(['verification_named'])
  })

  it('is written out with each entry on one line', () => {
    const text = renderPlan({ ...PLAN, forbidden: ['touch\n# the lexer'] })
    expect(text).toContain('1. S1: edit the parser\n   - target: src/parse.ts')
    expect(text).toContain('- touch # the lexer')
    expect(text).not.toContain('**Assumptions**')
  })
})
