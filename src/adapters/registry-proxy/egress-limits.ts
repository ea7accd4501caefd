/** Caps of one run's door, besides its budget. */
export interface EgressLimits {
  /** Connections from inside at once. */
  readonly connections: number
  /** Bytes of a request's line and headers. */
  readonly head_bytes: number
  /** From a connection's begin, or a response's end, to a whole request. */
  readonly head_ms: number
  /** Without a byte in either direction. */
  readonly idle_ms: number
  /** From a request to the end of its response. */
  readonly response_ms: number
  readonly response_bytes: number
}

/** What package managers stay below: the largest wheels are about 3 GB, and 64 connections is npm's default four times. */
export const DEFAULT_EGRESS_LIMITS: EgressLimits = {
  connections: 64,
  head_bytes: 16_384,
  head_ms: 30_000,
  idle_ms: 60_000,
  response_ms: 600_000,
  response_bytes: 3 * 1024 ** 3,
}
