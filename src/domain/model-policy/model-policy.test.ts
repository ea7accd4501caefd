import { describe, expect, test } from 'vitest'
import { decideModel, DEFAULT_MODEL_POLICY, type ModelPolicy, type ModelQuestion } from './index.ts'

const asked: ModelQuestion = {
  provider: 'openai',
  model: 'code-large',
  host: null,
  use: 'planning',
  task_class: 'dependency_upgrade',
  data_class: 'internal',
}
const policy = (...rules: ModelPolicy['rules']): ModelPolicy => ({ version: 'v', rules })

describe('the policy for models', () => {
  test('allows what the operator chose up to internal data where nothing was written', () => {
    expect(decideModel(DEFAULT_MODEL_POLICY, asked)).toMatchObject({ allowed: true, log_prompts: true })
    const secret = decideModel(DEFAULT_MODEL_POLICY, { ...asked, data_class: 'confidential' })
    expect(secret).toMatchObject({ allowed: false, rule: 'data_class' })
  })

  test('a listed model is allowed for its use and no other', () => {
    const listed = policy({ allowed_models: [{ provider: 'openai', model: 'code-*', use_for: ['planning'] }] })
    expect(decideModel(listed, asked).allowed).toBe(true)
    expect(decideModel(listed, { ...asked, use: 'judging' })).toMatchObject({ rule: 'model_not_listed' })
    expect(decideModel(listed, { ...asked, provider: 'other' }).allowed).toBe(false)
  })

  test('what one rule blocks no other rule allows, in any letter case', () => {
    const blocked = policy({ allowed_models: [{}] }, { blocked_models: [{ model: 'CODE-*' }] })
    expect(decideModel(blocked, asked)).toMatchObject({ allowed: false, rule: 'blocked_model' })
    expect(decideModel(blocked, { ...asked, model: 'prose' }).allowed).toBe(true)
  })

  test('a task that no rule is for is refused', () => {
    expect(decideModel(policy({ task_class: 'bug_*' }), asked)).toMatchObject({ rule: 'model_not_listed' })
    expect(decideModel(policy({ task_class: 'bug_*' }), { ...asked, task_class: 'bug_fix' }).allowed).toBe(true)
  })

  test('the strictest limits and logging of all matching rules hold', () => {
    const rules = policy({ max_tokens_per_run: 500 }, { max_tokens_per_run: 200, prompt_logging: { redacted: false } })
    expect(decideModel(rules, asked)).toMatchObject({ max_tokens: 200, max_cost_usd: null, log_prompts: false })
  })

  test('a region is a host name, and the provider’s own address is called own', () => {
    const inside = policy({ allowed_models: [{ region: '*.eu.example.org' }] })
    expect(decideModel(inside, asked).allowed).toBe(false)
    expect(decideModel(inside, { ...asked, host: 'models.eu.example.org' }).allowed).toBe(true)
    expect(decideModel(inside, { ...asked, host: 'models.eu.example.org.evil.example' }).allowed).toBe(false)
  })

  test('a refusal names the fallback', () => {
    const refused = decideModel(
      policy({ blocked_models: [{}], fallback: { provider: 'local', model: 'small' } }),
      asked,
    )
    expect(refused).toMatchObject({ message: expect.stringContaining('Use local:small instead') })
  })
})
