import type { ModelChoice } from '#domain/task'
import type { ModelAnswer, ModelRequest } from './model-gateway.ts'

/** What a provider said, before it is recorded. */
export type ProviderAnswer =
  | Omit<
      Extract<ModelAnswer, { readonly status: 'answered' }>,
      'duration_ms' | 'exchange_sha256' | 'cut' | 'policy_pressure'
    >
  | Extract<ModelAnswer, { readonly status: 'failed' }>

/** One request to a provider, with the real key. */
export interface ProviderCall {
  readonly call_key: string
  readonly run_id: string
  readonly model: ModelChoice
  readonly request: ModelRequest
  /** Undefined only where `needsKey` said that none is needed. */
  readonly key: string | undefined
  readonly timeout_ms: number
  /** Aborted when its run is stopped: the connection is left at once. Absent: nothing cuts it but its time. */
  readonly cut?: AbortSignal
}

/** Speaks the wire formats. One call is at most one request: no retries, no redirects. */
export interface ModelProvider {
  /** True when the model cannot be asked without a key. */
  needsKey(model: ModelChoice): boolean
  /** Never throws for what the network or the provider does. */
  answer(call: ProviderCall): Promise<ProviderAnswer>
}

/** The artifact of one exchange, in neutral words and redacted: what `gander record` makes a conversation file from. */
export interface StoredExchange {
  readonly schema: 'gander.exchange/1'
  readonly call_key: string
  readonly run_id: string
  readonly tenant_id: string
  readonly model: ModelChoice
  readonly request_sha256: string
  readonly request: ModelRequest
  readonly answer: ProviderAnswer
  /** RFC 3339. */
  readonly sent_at: string
  readonly duration_ms: number
  /** How often each kind was cut out of the request before it was sent; absent where nothing was. */
  readonly cut?: { readonly [kind: string]: number }
  /** Version of the policy for models that allowed it. */
  readonly policy_version?: string
  /** True where that policy keeps no prompts: texts are empty, and only their hashes are kept. */
  readonly withheld?: boolean
  readonly answer_sha256?: string
}

/** A guest's request as it goes on to the provider, in the provider's own words. */
interface ForwardedRequest {
  /** Names the provider's address; nothing in a guest's request does. */
  readonly model: ModelChoice
  /** Below the version path, such as `/messages`. */
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** The head of a provider's answer, and its bytes as they come. */
export interface ForwardedAnswer {
  readonly status: number
  readonly content_type: string
  readonly retry_after: string | null
  readonly body: AsyncIterable<Uint8Array>
}

/** One HTTP request to a provider: no retries, no redirects. Throws what the network does. */
export type ForwardRequest = (request: ForwardedRequest, signal: AbortSignal) => Promise<ForwardedAnswer>
