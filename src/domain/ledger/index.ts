/**
 * The ledger's arithmetic: how events link into a tenant's chain, how a chain's head is signed into checkpoints outside
 * the database, and how a gateway's own sequence of acts is laid beside the events that tell of them.
 */
export * from './chain.ts'
export * from './checkpoint.ts'
export * from './gateway-act.ts'
export * from './audit-report.ts'
