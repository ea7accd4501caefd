/**
 * Pull requests as the platform writes them: branch, commit message, labels, header and body, and the order of effects
 * that leaves exactly one however often it is interrupted. The agent has no part in it beyond the tree.
 */
export { createPublisher } from './publish.ts'
