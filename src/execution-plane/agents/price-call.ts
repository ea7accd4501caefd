import { canonicalJson } from '#domain/json'
import type { Usage } from '#domain/conversation'
import type { ModelPrice, ModelRequest } from '#ports'

/** Money and tokens of one call. */
export interface Charge {
  readonly cost_usd: number
  readonly tokens: number
}

/** Fewer bytes to a token than any tokenizer in use needs on average, so the estimate is never below the truth. */
const LEAST_BYTES_PER_TOKEN = 2

/** The most a call can cost: what is reserved before it, and booked when nobody knows what it used. */
export const worstCase = (request: ModelRequest, price: ModelPrice | 'free'): Charge =>
  charge({ input_tokens: null, output_tokens: null, cached_input_tokens: null }, request, price)

/** What a call cost; a figure the provider did not give counts as the worst case. */
export function charge(usage: Usage, request: ModelRequest, price: ModelPrice | 'free'): Charge {
  const input = usage.input_tokens ?? Math.ceil(Buffer.byteLength(canonicalJson(request)) / LEAST_BYTES_PER_TOKEN)
  const output = usage.output_tokens ?? request.max_output_tokens
  const cached = Math.min(usage.cached_input_tokens ?? 0, input)
  const tokens = input + output
  if (price === 'free') return { cost_usd: 0, tokens }
  const millionths = (input - cached) * price.input + cached * price.cached_input + output * price.output
  return { cost_usd: millionths / 1_000_000, tokens }
}
