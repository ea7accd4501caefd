import type { Change } from '#domain/change'
import type { Verdict } from '#domain/gate'
import type { RunId } from '#domain/ids'
import type { RunState } from '#domain/run'
import type { Task } from '#domain/task'
import type { CapturedTree, Policy, Redactor, RunRepository } from '#ports'
import type { DependencyReading } from '#execution-plane/dependencies'
import type { ChangedFile } from './changed-file.ts'

/** What is asked of the gates that look at a change alone. */
export interface ChangeCheck {
  readonly task: Task
  readonly run_id: RunId
  readonly state: RunState
  readonly change: Change
  /** Entries that capture could not take into the tree. */
  readonly refused: CapturedTree['refused']
  readonly repository: Pick<RunRepository, 'readFile' | 'listFiles'>
  readonly policy: Policy
  readonly redactor: Redactor
  /** What was found of the change's dependencies; absent: they are compared here, and nothing is looked up. */
  readonly dependencies?: { readonly reading: DependencyReading | undefined; readonly verdict: Verdict }
}

/** A change with both contents of each path and every path of the proposed tree. */
export interface ReadChange extends ChangeCheck {
  readonly files: readonly ChangedFile[]
  readonly paths: readonly string[]
}
