/** What a review of a change says, and which of its findings are worth a reviewer's time. */
export { rankFindings } from './rank-findings.ts'
export type * from './review-report.ts'
