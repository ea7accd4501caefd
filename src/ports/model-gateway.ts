import type { AgentPhase } from '#domain/tool'
import type { Message, StopReason, ToolDeclaration, ToolRequest, Usage } from '#domain/conversation'
import type { ModelChoice } from '#domain/task'

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

/** Every token to and from a model goes through here, in a process of its own. */
export interface ModelGateway {
  /** Joins a call in flight, returns a recorded answer, or sends. @throws GanderError `gateway_unavailable` */
  call(call: ModelCall, signal?: AbortSignal): Promise<ModelAnswer>
}

/** What models cost; data, not code. */
export interface PriceTable {
  /** `free` when configuration declares it so; undefined when nothing is known. */
  priceOf(model: ModelChoice): ModelPrice | 'free' | undefined
}
