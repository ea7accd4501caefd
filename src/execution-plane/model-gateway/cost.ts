import { canonicalJson } from '#domain/json'
import type { Usage } from '#domain/conversation'
import type { ModelPrice, ModelRequest } from '#ports'

/** Deliberately high: code and English have three to four bytes a token. */
const BYTES_PER_TOKEN = 2
const MILLION = 1_000_000
const NOTHING_KNOWN: Usage = { input_tokens: null, output_tokens: null, cached_input_tokens: null }

/** The most tokens that a call can have. */
export interface TokenBounds {
  readonly input_tokens: number
  readonly output_tokens: number
}

/**
 * US dollars of one call. A figure that the provider did not give counts as its worst case: all input uncached and
 * estimated from the request's bytes, all of `max_output_tokens` used.
 */
export function costOf(usage: Usage, price: ModelPrice | 'free', request: ModelRequest): number {
  if (price === 'free') return 0
  return costWithin(usage, price, {
    input_tokens: usage.input_tokens ?? inputBound(request),
    output_tokens: request.max_output_tokens,
  })
}

/** The same for a call of which only the bounds are known. */
export function costWithin(usage: Usage, price: ModelPrice | 'free', bounds: TokenBounds): number {
  if (price === 'free') return 0
  const output = usage.output_tokens ?? bounds.output_tokens
  const input = usage.input_tokens ?? bounds.input_tokens
  const rates = price.long_prompt !== undefined && input > price.long_prompt.over_tokens ? price.long_prompt : price
  const write_price = Math.max(rates.input, rates.cache_write_input ?? rates.input)
  if (usage.input_tokens === null) return (input * write_price + output * rates.output) / MILLION
  const cached = Math.min(usage.cached_input_tokens ?? 0, input)
  const written = Math.min(usage.cache_write_input_tokens ?? 0, input - cached)
  const plain = input - cached - written
  return (plain * rates.input + cached * rates.cached_input + written * write_price + output * rates.output) / MILLION
}

/** The most a call can cost: what is reserved before it is sent. */
export const worstCaseOf = (price: ModelPrice | 'free', request: ModelRequest): number =>
  costOf(NOTHING_KNOWN, price, request)

/** The same where only the bounds are known. */
export const worstWithin = (price: ModelPrice | 'free', bounds: TokenBounds): number =>
  costWithin(NOTHING_KNOWN, price, bounds)

/** The most tokens that bytes of a request can be. */
export const tokensWithin = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN)

function inputBound(request: ModelRequest): number {
  const said = { system: request.system, messages: request.messages, tools: request.tools }
  return tokensWithin(Buffer.byteLength(canonicalJson(said)))
}
