/**
 * Decides how long what runs leave behind is kept: rules by kind and data class, held off by live runs, valid evidence
 * packets and legal holds. The sweeper lets go of the rest and leaves an event for everything it let go.
 */
export { DEFAULT_RETENTION, readRetentionRules } from './retention-rules.ts'
export { createSweeper } from './sweep-retention.ts'
