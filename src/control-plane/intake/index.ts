/**
 * Intake: turns what people write (issue, address of an issue, standard input, task file) into drafts of orders, and an
 * order into a request and its contract, or into a refusal that says what is missing; reads the risk of the contract.
 * Owns the schema of task files. Every text here is untrusted; nothing in it decides who is trusted.
 */
import type { Intake } from '#ports'
import { fetchIssue, type IssueAccess } from './fetch-issue.ts'
import { readIssue } from './read-issue.ts'
import { readTaskFile } from './read-task-file.ts'

export { acceptOrder } from './accept-order.ts'
export { riskOfTask } from './read-risk.ts'
export { taskJsonSchema } from './task-schema.ts'

/** Makes the intake port; issues on a forge are read with the given `fetch` and, on github.com only, token. */
export function createIntake(access: IssueAccess): Intake {
  return {
    readIssue: (text, source) => readIssue(text, { source, source_url: null, title: null, repository: null }),
    fetchIssue: (url, signal) => fetchIssue(url, access, signal),
    readTask: readTaskFile,
  }
}
