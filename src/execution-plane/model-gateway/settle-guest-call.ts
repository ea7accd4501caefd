import type { Usage } from '#domain/conversation'
import type { Json } from '#domain/json'
import { costWithin } from './cost.ts'
import { hashJson } from './hash-request.ts'
import { NOTHING_KNOWN, type Call } from './reserve-guest-call.ts'

/** How a call ended. */
interface End {
  readonly outcome: 'answered' | 'failed'
  readonly reason: string | null
  readonly answer: Json
  readonly usage?: Usage
  readonly reported?: string | undefined
  /** The provider surely did no work. */
  readonly is_free?: boolean
}

/** Records the exchange and books what it cost; what is not known is booked as reserved. */
export async function settleCall(call: Call, end: End): Promise<void> {
  const { channel, wire, n, price, bounds, started, model } = call
  const { world, start } = channel
  const { outcome, reason, usage = NOTHING_KNOWN, is_free = false } = end
  const duration_ms = Math.round(world.clock.now() - started)
  const call_key = `${start.key_prefix}/${n}`
  const { sent, dropped, cut, policy_version, log_prompts, asked_model, mapping } = call
  const hidden = (value: Json): Json => (log_prompts ? value : { sha256: hashJson(value) })
  const said = { request: hidden(sent), answer: hidden(end.answer), outcome, reason, usage }
  const asked = { asked_model, mapping, dropped, redacted: cut.count, cut: cut.by_kind }
  const kept = { call_key, ...start, model, api: wire.api, ...asked, policy_version, duration_ms, ...said }
  const stored = await world
    .artifacts(start.tenant_id)
    .put(JSON.stringify({ schema: 'gander.guest_exchange/1', sent_at: new Date(started).toISOString(), ...kept }))
    .catch(() => undefined)
  const spent = {
    cost_usd: is_free
      ? 0
      : usage.input_tokens === null || usage.output_tokens === null
        ? null
        : costWithin(usage, price, bounds),
    tokens: is_free ? 0 : tokensOf(usage),
  }
  const reported_model = end.reported ?? model.model
  await world.budget.settle(start, {
    n,
    outcome,
    reason,
    reported_model,
    usage,
    ...spent,
    duration_ms,
    exchange: stored ?? null,
  }) // prettier-ignore
}

const tokensOf = ({ input_tokens, output_tokens }: Usage): number | null =>
  input_tokens === null || output_tokens === null ? null : input_tokens + output_tokens
