/** Milliseconds that a lease lasts after it was won or renewed. */
export const LEASE_MS = 10_000

/** Milliseconds between two renewals of a lease by its worker; two of them may be lost. */
export const HEARTBEAT_MS = 3_000
