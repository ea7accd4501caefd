import { describe, expect, test } from 'vitest'
import { listedModels, mapModel, type ModelPolicy } from './index.ts'

const LISTED = ['claude-haiku-4-5', 'claude-opus-4-5']
const map = (wanted: string, run_model = 'claude-sonnet-4-5') =>
  mapModel({ wanted, run_model, listed: LISTED }).map(({ model, mapping }) => `${mapping} ${model}`)
const RUN = 'run claude-sonnet-4-5'

describe('the model that a guest means', () => {
  test('is the run’s own by its name, in any letter case and behind a provider’s prefix', () => {
    for (const wanted of ['claude-sonnet-4-5', 'Claude-Sonnet-4-5', 'anthropic/claude-sonnet-4-5'])
      expect(map(wanted)).toEqual(['asked claude-sonnet-4-5'])
  })

  test('is an exact name first, and the run’s own last', () => {
    expect(map('claude-haiku-4-5')).toEqual(['asked claude-haiku-4-5', RUN])
    expect(map('something-else')).toEqual(['asked something-else', RUN])
  })

  test('may be named with a date or as the latest', () => {
    for (const wanted of ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-latest', 'claude-4.5-haiku'])
      expect(map(wanted)).toEqual([`asked ${wanted}`, 'alias claude-haiku-4-5', RUN])
  })

  test('may be named by the words of its family, of which the run’s model comes first', () => {
    expect(map('haiku')).toEqual(['asked haiku', 'alias claude-haiku-4-5', RUN])
    expect(map('claude')).toEqual([
      'asked claude',
      'alias claude-sonnet-4-5',
      'alias claude-haiku-4-5',
      'alias claude-opus-4-5',
      RUN,
    ])
  })

  test('is never one of another version', () => {
    for (const wanted of ['claude-haiku-3-5', 'claude-haiku-4', 'haiku-4-5', 'claude-haiku-4-5-mini'])
      expect(map(wanted)).toEqual([`asked ${wanted}`, RUN])
  })

  test('is the run’s own where the wish is no name at all', () => {
    for (const wanted of ['', '*', 'a b', '-'.repeat(300), 'latest\n', '../../x?y'])
      expect(map(wanted).at(-1)).toBe(RUN)
    expect(map('*')).toEqual([RUN])
  })
})

test('listed are exact names for this provider, use and kind of task only', () => {
  const policy: ModelPolicy = {
    version: 'v',
    rules: [
      { task_class: 'bug_*', allowed_models: [{ model: 'of-bugs' }] },
      { allowed_models: [{ model: 'a-*' }, { provider: 'p', model: 'b' }, { provider: 'q', model: 'c' }] },
      { allowed_models: [{ model: 'd', use_for: ['judging'] }, { model: 'e', region: 'own' }, { model: 'b' }] },
    ],
  }
  const asked = { provider: 'p', host: null, use: 'guest', task_class: 'code_change', data_class: 'internal' } as const
  expect(listedModels(policy, asked)).toEqual(['b', 'e'])
})
