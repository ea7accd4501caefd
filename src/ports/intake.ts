import type { BudgetLimits } from '#domain/budget'
import type { RunMode, TaskScope } from '#domain/task'
import type { GateAuthority } from '#domain/workflow'
import type { RunOrder } from './platform.ts'

/** What an issue or a task file says. What it leaves open is absent or null, and decided by flags and defaults. */
export interface OrderDraft {
  readonly words: Omit<RunOrder['words'], 'repository'>
  readonly repository: string | null
  readonly base_ref: string | null
  readonly mode: RunMode | null
  /** Who decides when a gate says no; only a task file says one. */
  readonly level?: GateAuthority
  readonly scope: Partial<TaskScope>
  /** The capability that is named; absent: none is. */
  readonly capability?: string
  /** A profile's id or the path of a profile file, as it was written. */
  readonly verification: string | null
  /** A sandbox profile's name or the path of a profile file, as it was written; only a task file says one. */
  readonly sandbox?: string
  /** YAML text of a policy for this task; only a task file says one. */
  readonly policy?: string
  readonly limits: Partial<BudgetLimits>
}

/** Turns what people write into drafts of orders. Every text is untrusted and size-limited. */
export interface Intake {
  /** Reads a Markdown issue. @throws GanderError `task_invalid` */
  readIssue(text: string, source: 'cli' | 'standard_input' | 'demo'): OrderDraft
  /** Reads an issue from a forge's public API. @throws GanderError `issue_not_found`, `issue_unreachable`, `task_invalid` */
  fetchIssue(url: string, signal?: AbortSignal): Promise<OrderDraft>
  /** Reads a YAML or JSON task file; `name` is for messages. @throws GanderError `task_invalid` naming field and line */
  readTask(text: string, name: string): OrderDraft
}
