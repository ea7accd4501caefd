/**
 * The model gateway: every token to and from a model. Decides whether a call key may be sent, is joined to the request
 * in flight, or is answered from the journal; replaces exact secrets in what comes back; keeps the exchange as an
 * artifact; and says what a call costs. Owns the calls in flight and the keys, in memory only.
 */
export { costOf, worstCaseOf } from './cost.ts'
export { createModelExchange, type ModelExchange } from './exchange.ts'
export { createGuestDesk, type GuestDesk } from './guest-desk.ts'
export { STEERING_MARKS } from './guest-steering.ts'
export { hashRequest } from './hash-request.ts'
export { modelPolicySchema } from './model-policy-schema.ts'
export { createModelRules } from './model-rules.ts'
