import { canonicalJson } from '#domain/json'
import type { ModelDecision } from '#domain/model-policy'
import type { GuestBudget, ModelCall } from '#ports'
import { tokensWithin } from './cost.ts'

type Allowed = Extract<ModelDecision, { readonly allowed: true }>

/** What a call inside the limits is held with. */
interface HeldCall {
  /** Used share of the tightest limit before this call; null where the policy sets none. */
  readonly pressure: number | null
  /** Gives back the tokens held for this call, once its run's budget has them or nothing was used. */
  release(): void
}

/** Why a call may not be sent. */
interface OverLimit {
  readonly message: string
}

/** The limits that the policy for models sets for a run, kept for calls whose money was reserved by the worker. */
export interface PolicyLimits {
  hold(call: ModelCall, decision: Allowed): Promise<HeldCall | OverLimit>
}

const FREE: HeldCall = { pressure: null, release: () => undefined }

/**
 * Makes the keeper of one gateway. The run's reserved money holds this call's own worst case already; its tokens are
 * held here for as long as it is in flight. Without a budget to read, a limit refuses.
 */
export function createPolicyLimits(budget: Pick<GuestBudget, 'spending'> | undefined): PolicyLimits {
  const held = new Map<string, number>()
  return {
    async hold(call, { max_cost_usd, max_tokens }) {
      if (max_cost_usd === null && max_tokens === null) return FREE
      const spent = await budget?.spending(call.tenant_id, call.run_id)
      if (spent === undefined)
        return { message: 'The policy for models limits what a run may use, and this run has no budget to read.' }
      const run = `${call.tenant_id}/${call.run_id}`
      const usd = spent.cost_usd + spent.reserved_usd
      if (max_cost_usd !== null && usd > max_cost_usd)
        return over(`${max_cost_usd} US dollars`, `this call would make it ${usd.toFixed(4)}`)
      const worst = worstTokens(call)
      const tokens = spent.tokens + spent.reserved_tokens + (held.get(run) ?? 0)
      if (max_tokens !== null && tokens + worst > max_tokens)
        return over(`${max_tokens} tokens`, `${tokens} are used or reserved and this call may need ${worst}`)
      held.set(run, (held.get(run) ?? 0) + worst)
      return { pressure: pressureOf(spent, { max_cost_usd, max_tokens }), release: () => release(run, worst) }
    },
  }

  function release(run: string, tokens: number): void {
    const left = (held.get(run) ?? 0) - tokens
    if (left > 0) held.set(run, left)
    else held.delete(run)
  }
}

const over = (limit: string, why: string): OverLimit => ({
  message: `The policy for models allows a run ${limit}: ${why}. Raise max_*_per_run in GANDER_HOME/model-policy.yaml, or make the task smaller.`,
})

const worstTokens = ({ request }: ModelCall): number =>
  tokensWithin(Buffer.byteLength(canonicalJson(request))) + request.max_output_tokens

function pressureOf(
  spent: { readonly cost_usd: number; readonly tokens: number },
  limits: Pick<Allowed, 'max_cost_usd' | 'max_tokens'>,
): number {
  const share = (used: number, limit: number | null): number =>
    limit === null || used === 0 ? 0 : limit === 0 ? 1 : used / limit
  const highest = Math.max(share(spent.cost_usd, limits.max_cost_usd), share(spent.tokens, limits.max_tokens))
  return Math.round(highest * 1_000) / 1_000
}
