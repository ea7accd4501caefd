/**
 * Decides whether the tests of a change still test, by reading both texts of its files as syntax, without running
 * anything. Owns what a test, a check, a skip and a runner's configuration are in each language, and the rules.
 */
export { checkTestFolders } from './check-test-folders.ts'
export { checkTests } from './check-tests.ts'
export type { ChangedText } from './changed-text.ts'
export type { IntegrityFinding } from './integrity-finding.ts'
export { isRunnerConfiguration, isSnapshot, isTestFile } from './test-files.ts'
export { readInventory } from './read-inventory.ts'
export type { Assertion, TestCase } from './test-inventory.ts'
