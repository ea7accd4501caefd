import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, NO_USE } from '#domain/budget'
import type { GuestExchange } from '#ports'
import { endingOfTurn, type TurnFacts } from './ending-of-turn.ts'

const exchange = (outcome: GuestExchange['outcome'], reason: string | null = null): GuestExchange => ({
  call_key: 'run/1/1/1',
  api: 'anthropic',
  reported_model: 'coder',
  outcome,
  reason,
  usage: { input_tokens: 10, output_tokens: 5, cached_input_tokens: 0 },
  cost_usd: 0.5,
  duration_ms: 1,
  exchange_sha256: null,
})

const facts = (changes: Partial<TurnFacts> = {}): TurnFacts => ({
  end: { exit_code: 0, signal: null, ended_by: 'exit', duration_ms: 1_000 },
  stopped: undefined,
  exhausted: undefined,
  wanted: undefined,
  exchanges: [exchange('answered')],
  is_changed: true,
  concluded: false,
  says_failed: false,
  last_words: 'Done.',
  errors: '',
  calls: 1,
  limits: DEFAULT_LIMITS,
  use: NO_USE,
  ...changes,
})

const badly = { exit_code: 1, signal: null, ended_by: 'exit', duration_ms: 1 } as const

describe('a turn of a guest', () => {
  it('that ends well is finished with its last words', () => {
    expect(endingOfTurn(facts())).toEqual({ status: 'finished', summary: 'Done.' })
  })

  it('whose last request the budget refused is exhausted, whatever it left and however it ended', () => {
    const exchanges = [exchange('answered'), exchange('refused', 'budget_exhausted')]
    for (const changes of [{}, { end: badly }, { is_changed: false }])
      expect(endingOfTurn(facts({ exchanges, ...changes }))).toMatchObject({
        status: 'exhausted',
        verdict: { budget: 'cost', used: 1, limit: DEFAULT_LIMITS.max_cost_usd },
      })
  })

  it('that got an answer after a refusal is not exhausted', () => {
    const exchanges = [exchange('refused', 'budget_exhausted'), exchange('answered')]
    expect(endingOfTurn(facts({ exchanges })).status).toBe('finished')
  })

  it('whose model was away failed for that reason, so that the run can go on later', () => {
    const exchanges = [exchange('failed', 'unreachable')]
    expect(endingOfTurn(facts({ exchanges, end: badly, is_changed: false }))).toMatchObject({
      status: 'model_failed',
      failure: 'unreachable',
    })
  })

  it('that ended badly is judged by its tree: with a change it is finished, without one it failed', () => {
    expect(endingOfTurn(facts({ end: badly })).status).toBe('finished')
    expect(endingOfTurn(facts({ end: badly, is_changed: false }))).toMatchObject({ status: 'failed' })
  })

  it('that was stopped for its endless output failed, even with a change', () => {
    expect(endingOfTurn(facts({ stopped: 'flood' })).status).toBe('failed')
  })

  it('that was stopped for its calls is out of steps', () => {
    expect(endingOfTurn(facts({ stopped: 'steps' }))).toMatchObject({ verdict: { budget: 'steps' } })
  })
})
