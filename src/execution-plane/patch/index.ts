/**
 * Decides whether a proposed change may go on, by looking at the change alone: its boundary, protected files, secrets,
 * special files and whether the tests still test. Owns these gates; what paths are allowed is the policy's word.
 */
export { checkChange } from './check-change.ts'
export { isRunnerConfiguration, isSnapshot, isTestFile } from './test-integrity/test-files.ts'
export { addedLines, contentOf, removedLines } from './changed-file.ts'
