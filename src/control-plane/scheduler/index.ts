/**
 * What has to happen without anybody asking for it: gives back what dead workers hold, and mends what the record and the
 * world disagree about. Decides when each duty is done and says what it came to; the duties are handed in.
 */
export { createScheduler, type Duty } from './create-scheduler.ts'
export { reconcilingDuties } from './reconcile.ts'
