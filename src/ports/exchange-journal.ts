import type { ModelAnswer } from './model-gateway.ts'

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
  record(call_key: string, answer: ModelAnswer): Promise<void>
  /** Marks every call an earlier gateway left `sent` as unknown; returns how many. Called once, under the gateway lock. */
  abandon(): Promise<number>
}
