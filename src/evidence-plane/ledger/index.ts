/**
 * Decides whether a stored or exported ledger is what was once written: no edit, gap, reorder, fork, cut tail or missing
 * event. Signs what chains have come to into checkpoints outside the database, and writes exports that prove themselves.
 */
export { verifyChain } from './verify-chain.ts'
export { createCheckpointMaker, type CheckpointAlarm, type CheckpointMaker } from './checkpoint-maker.ts'
export { verifyAudit } from './verify-audit.ts'
export { exportAudit } from './export-audit.ts'
export { verifyExport } from './verify-export.ts'
export { recordRedacted } from './record-redacted.ts'
export { readAuditSettings } from './read-audit-settings.ts'
