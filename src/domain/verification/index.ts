/** Profiles, reports and test results, and the comparison of two reports by test id. */
export { NAMED_PROFILES } from './named-profiles.ts'
export { compareTests } from './compare-tests.ts'
export { CHECKS, type Check } from './checks.ts'
export { makePlan, planSubject } from './plan.ts'
export type * from './plan.ts'
export type * from './report.ts'
export type * from './strength.ts'
export { shownCommand } from './shown-command.ts'
