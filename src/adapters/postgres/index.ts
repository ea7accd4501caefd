/**
 * Runs, steps, ledger and exchanges in PostgreSQL, and the embedded server they live in by default. Owns the schema and
 * its migrations, the two roles, and the write path: one statement that checks ownership where it writes.
 */
export { openDatabase, type Database } from './database/open-database.ts'
export { newerMigrations } from './database/newer-schema.ts'
export { ensureEmbeddedServer, type EmbeddedServer } from './embedded/ensure-embedded-server.ts'
export { createExchangeJournal } from './exchange-journal.ts'
export { createGuestBudget } from './guest-budget.ts'
export { holdGatewayLock, type GatewayLock } from './gateway-lock.ts'
export { createRunStore, createRunStores } from './store/create-run-store.ts'
export { createCapabilityRecords } from './store/capabilities.ts'
export { createSwitches } from './store/switches.ts'
export { createGovernance } from './store/governance.ts'
export { createScopeBudgets } from './store/scope-budgets.ts'
export { createIdentities } from './store/identities.ts'
export { createTenants } from './store/tenants.ts'
export { createRepositoryRecords } from './store/repositories.ts'
export { createProvenance } from './store/provenance.ts'
export { createRunQueries } from './store/run-queries.ts'
export { HEARTBEAT_MS, LEASE_MS } from './store/run-row.ts'
