import type { AgentPhase } from '#domain/tool'
import type { Message, StopReason, ToolDeclaration, ToolRequest, Usage } from '#domain/conversation'
import type { ModelApi, ModelChoice } from '#domain/task'
import type { DataClass } from './artifact-store.ts'

/** What is sent to a model, in no provider's words. */
export interface ModelRequest {
  readonly phase: AgentPhase | 'judging'
  readonly system: string
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDeclaration[]
  readonly max_output_tokens: number
}

/** One call; the key `run/n/attempt` leads to at most one provider request, however often it is asked for. */
export interface ModelCall {
  readonly call_key: string
  readonly run_id: string
  readonly tenant_id: string
  readonly model: ModelChoice
  readonly request: ModelRequest
  /** Hex SHA-256 of the canonical request; the same key with another hash is refused. */
  readonly request_sha256: string
  readonly timeout_ms: number
  /** What the policy for models is asked with besides the model; absent: `code_change`, `internal`. */
  readonly task_class?: string
  readonly data_class?: DataClass
}

export type ModelFailureKind =
  | 'rate_limited'
  | 'overloaded'
  | 'timeout'
  | 'unreachable'
  | 'key_rejected'
  | 'key_missing'
  | 'model_unknown'
  | 'bad_request'
  | 'context_too_long'
  | 'departed'
  | 'refused_by_provider'
  | 'refused_by_policy'
  /** Its run was stopped while it was under way: the provider was left, and what it did cannot be known. */
  | 'stopped'

export type ModelAnswer =
  | {
      readonly status: 'answered'
      readonly text: string
      readonly tool_requests: readonly ToolRequest[]
      readonly stop_reason: StopReason
      readonly usage: Usage
      /** Model name as the provider reported it. */
      readonly reported_model: string
      readonly duration_ms: number
      /** sha256 of the recorded exchange. */
      readonly exchange_sha256: string
      /** What was cut out of the request before it was sent; absent where nothing was. */
      readonly cut?: { readonly count: number; readonly kinds: readonly string[]; readonly confirmed: boolean }
      /** Used share of the limits that the policy for models sets for a run; absent where it sets none. */
      readonly policy_pressure?: number
    }
  | {
      readonly status: 'failed'
      readonly kind: ModelFailureKind
      readonly message: string
      readonly retry_after_ms: number | null
      /** True when the same request may succeed later. */
      readonly retryable: boolean
    }
  /** The gateway died between sending and recording: the outcome cannot be known. */
  | { readonly status: 'unknown'; readonly message: string }

/** Price in US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  readonly cached_input: number
  /** Absent means the same as `input`. */
  readonly cache_write_input?: number
  /** Prices of the whole call when its input is longer; absent means that length does not matter. */
  readonly long_prompt?: Omit<ModelPrice, 'long_prompt'> & { readonly over_tokens: number }
}

/** What a run's guest may ask of models: one model, over the wire formats of that model's provider, on the run's budget. */
export interface GuestAdmission {
  readonly run_id: string
  readonly tenant_id: string
  /** The lease under which the guest works; when it is lost, so is the channel. */
  readonly fence: number
  /** Calls are keyed `prefix/1`, `prefix/2`, …; unique for each start of a guest. */
  readonly key_prefix: string
  readonly model: ModelChoice
  /** What the policy for models is asked with. */
  readonly task_class: string
  readonly data_class: DataClass
}

/** One exchange of a guest with its model, as it was recorded and settled. */
export interface GuestExchange {
  readonly call_key: string
  readonly api: ModelApi
  readonly reported_model: string
  readonly outcome: 'answered' | 'failed' | 'refused' | 'unknown'
  /** The rule or failure kind, where it was no answer. */
  readonly reason: string | null
  readonly usage: Usage
  readonly cost_usd: number
  readonly duration_ms: number
  /** sha256 of the recorded, redacted exchange; null where nothing was sent. */
  readonly exchange_sha256: string | null
}

/** A guest's way to its model. */
export interface GuestChannel {
  /** Absolute path of the unix socket that a sandbox door ends at. */
  readonly socket: string
  /** What the guest sends as its key; worth nothing anywhere else. */
  readonly token: string
  /** Exchanges so far, in order of their keys. */
  exchanges(): Promise<readonly GuestExchange[]>
  /** Ends the channel; calls in flight are finished and settled first. Gives all exchanges. */
  close(): Promise<readonly GuestExchange[]>
}

/** Every token to and from a model goes through here, in a process of its own. */
export interface ModelGateway {
  /** Joins a call in flight, returns a recorded answer, or sends. @throws GanderError `gateway_unavailable` */
  call(call: ModelCall, signal?: AbortSignal): Promise<ModelAnswer>
  /** Opens a channel for a guest. @throws GanderError `gateway_unavailable`, `model_not_allowed` */
  admit(admission: GuestAdmission): Promise<GuestChannel>
}

/** What models cost; data, not code. */
export interface PriceTable {
  /** `free` when configuration declares it so; undefined when nothing is known. */
  priceOf(model: ModelChoice): ModelPrice | 'free' | undefined
}
