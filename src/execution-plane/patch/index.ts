/**
 * Decides whether a proposed change may go on, by looking at the change alone: its boundary, protected files, secrets,
 * special files, dependencies, the task's constraints and whether the tests still test. Owns these gates and the list of
 * their checks; what paths are allowed is the policy's word.
 */
export { checkChange, examineChange, isDependencyTask } from './check-change.ts'
export { isRunnerConfiguration, isSnapshot, isTestFile } from '#execution-plane/test-integrity'
export { addedLines, contentOf } from './changed-file.ts'
