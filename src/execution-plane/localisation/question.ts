import type { CodeIndex } from '#execution-plane/code-index'
import type { Ground } from './ground.ts'
import type { Issue } from './issue.ts'
import type { Postings } from './postings.ts'

/** One issue against one index. */
export interface Question {
  readonly index: CodeIndex
  readonly ground: Ground
  readonly issue: Issue
  readonly postings: Postings
}
