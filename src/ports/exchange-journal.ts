import type { Usage } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'
import type { ArtifactRef } from './artifact-store.ts'
import type { GuestExchange, ModelAnswer, ModelCall } from './model-gateway.ts'

/** The gateway's own record of calls; written before the provider is asked and after it answered. */
export interface ExchangeJournal {
  /** Claims the key for sending. `recorded` and `unknown` come back where an earlier gateway got that far. */
  claim(
    call_key: string,
    request_sha256: string,
    run_id: string,
    tenant_id: string,
  ): Promise<
    | { readonly status: 'send' }
    | { readonly status: 'recorded'; readonly answer: ModelAnswer }
    | { readonly status: 'unknown' }
    | { readonly status: 'mismatch' }
  >
  /** The first answer recorded stays; what was said is then among what the run left behind. */
  record(
    call: Pick<ModelCall, 'call_key' | 'run_id' | 'tenant_id'>,
    answer: ModelAnswer,
    kept: ArtifactRef,
  ): Promise<void>
  /** Marks every call an earlier gateway left `sent` as unknown; returns how many. Called once, under the gateway lock. */
  abandon(): Promise<number>
}

/** One start of a guest. */
export interface GuestStart {
  readonly tenant_id: string
  readonly run_id: string
  readonly fence: number
  readonly key_prefix: string
}

/** What is reserved before a guest's call is sent. */
export interface GuestReservation {
  readonly n: number
  readonly model: ModelChoice
  readonly request_sha256: string
  readonly policy_version: string
  readonly worst_usd: number
  readonly worst_tokens: number
  /** The policy's own limits for the run; null for none besides the run's budget. */
  readonly max_cost_usd: number | null
  readonly max_tokens: number | null
}

/** Why nothing was reserved, so that nothing may be sent. */
export type GuestStop = 'lease_lost' | 'cancelled' | 'cost_exhausted' | 'tokens_exhausted' | 'used_key'

/** How a guest's call ended. A null cost or token count means that the reservation is booked as spent. */
interface GuestSettlement {
  readonly n: number
  readonly outcome: 'answered' | 'failed' | 'unknown'
  readonly reason: string | null
  readonly reported_model: string
  readonly usage: Usage
  readonly cost_usd: number | null
  readonly tokens: number | null
  readonly duration_ms: number
  /** The bytes of what was said; null where they could not be stored. */
  readonly exchange: ArtifactRef | null
}

/** What a run has used and reserved so far, by its own calls and by its guests'. */
export interface RunSpending {
  readonly cost_usd: number
  readonly reserved_usd: number
  readonly tokens: number
  readonly reserved_tokens: number
}

/** Guests' calls on their run's budget; each method is one statement. */
export interface GuestBudget {
  /** Whether the run is still held under the fence and not cancelled. */
  standing(start: GuestStart): Promise<'held' | 'lease_lost' | 'cancelled'>
  /** The worst case fits and is reserved, with the used share of the tightest budget before it; or nothing is changed. */
  reserve(
    start: GuestStart,
    wanted: GuestReservation,
  ): Promise<
    | { readonly status: 'reserved'; readonly pressure: number }
    | { readonly status: GuestStop; readonly used: number; readonly limit: number }
  >
  settle(start: GuestStart, settlement: GuestSettlement): Promise<void>
  /** Records a call that was refused before anything was reserved. */
  refuse(
    start: GuestStart,
    refused: Omit<GuestReservation, 'worst_usd' | 'worst_tokens' | 'max_cost_usd' | 'max_tokens'>,
    reason: string,
  ): Promise<void>
  /** Settled calls of a start, in order of their keys. */
  exchanges(start: Omit<GuestStart, 'fence'>): Promise<readonly GuestExchange[]>
  /** Undefined where there is no such run. */
  spending(tenant_id: string, run_id: string): Promise<RunSpending | undefined>
  /** Books what an earlier gateway left open as spent and unknown; returns how many. Called under the gateway lock. */
  abandon(): Promise<number>
}
