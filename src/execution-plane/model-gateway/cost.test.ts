import { expect, it } from 'vitest'
import type { ModelRequest } from '#ports'
import { costOf, worstCaseOf } from './cost.ts'

const PRICE = { input: 10, output: 50, cached_input: 1, cache_write_input: 12.5 }
const REQUEST: ModelRequest = {
  phase: 'editing',
  system: 'x'.repeat(1_000_000),
  messages: [],
  tools: [],
  max_output_tokens: 1_000_000,
}
const usage = (input: number | null, output: number | null, cached: number | null, written?: number) => ({
  input_tokens: input,
  output_tokens: output,
  cached_input_tokens: cached,
  ...(written === undefined ? {} : { cache_write_input_tokens: written }),
})

it('prices plain, cached, written and output tokens each at their own rate', () => {
  expect(costOf(usage(1_000_000, 100_000, 500_000, 200_000), PRICE, REQUEST)).toBeCloseTo(3 + 0.5 + 2.5 + 5)
})

it('counts input as uncached where nothing is known about the cache', () => {
  expect(costOf(usage(1_000_000, 0, null), PRICE, REQUEST)).toBe(10)
})

it('counts a figure that is missing as the worst case', () => {
  expect(costOf(usage(0, null, 0), PRICE, REQUEST)).toBe(50)
  expect(costOf(usage(null, 0, null), PRICE, REQUEST)).toBeCloseTo(6.25, 2)
  expect(worstCaseOf(PRICE, REQUEST)).toBeCloseTo(56.25, 2)
})

it('is never more than what was reserved when every byte is half a token or less', () => {
  expect(costOf(usage(400_000, 900_000, 0, 400_000), PRICE, REQUEST)).toBeLessThan(worstCaseOf(PRICE, REQUEST))
})

it('does not believe that more was cached than was sent', () => {
  expect(costOf(usage(100, 0, 1_000_000, 1_000_000), PRICE, REQUEST)).toBeGreaterThanOrEqual(0)
})

it('prices the whole call higher when its input is longer than the threshold', () => {
  const tiered = { ...PRICE, long_prompt: { over_tokens: 200_000, input: 20, output: 75, cached_input: 2 } }
  expect(costOf(usage(200_000, 0, 0), tiered, REQUEST)).toBe(2)
  expect(costOf(usage(200_001, 0, 0), tiered, REQUEST)).toBeCloseTo(4, 3)
})

it('costs nothing when the model is free', () => {
  expect(costOf(usage(null, null, null), 'free', REQUEST)).toBe(0)
})
