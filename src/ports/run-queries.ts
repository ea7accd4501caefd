import type { Approval } from '#domain/approval'
import type { RunId, TaskId, TenantId } from '#domain/ids'
import type { RunState } from '#domain/run'
import type { Task } from '#domain/task'
import type { DataClass } from './artifact-store.ts'
import type { PolicyDecision } from './policy.ts'
import type { RunOverview } from './run-store.ts'
import type { RunArtifact, StepRecord } from './step-journal.ts'

/** How much of a list is wanted, and after what. */
export interface PageWish {
  /** From 1. */
  readonly limit: number
  /** `next_cursor` of the page before; absent means from the start. */
  readonly cursor?: string | undefined
}

/** Part of a list in its order; `next_cursor` is null where nothing follows. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** Which runs are wanted; absent means any. */
export interface RunFilter {
  readonly state?: RunState | undefined
  readonly repository?: string | undefined
  readonly task_id?: TaskId | undefined
  readonly capability?: string | undefined
  /** When the run was made: RFC 3339, inclusive. */
  readonly since?: string | undefined
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined
}

/** Which artifacts are wanted; absent means any. */
export interface ArtifactFilter {
  readonly run?: RunId | undefined
  readonly kind?: string | undefined
  readonly data_class?: DataClass | undefined
  /** What a name ends with, such as `.json`; any of them. */
  readonly endings?: readonly string[] | undefined
  readonly repository?: string | undefined
}

/** An artifact with the run that left it. */
export interface ListedArtifact extends RunArtifact {
  readonly run_id: RunId
  readonly repository: string
  readonly created_at: string
}

/**
 * Reads what is on record, page by page, for one tenant: another tenant's identifiers are unknown here. A cursor that
 * this query did not give is refused. @throws GanderError `cursor_invalid`
 */
export interface RunQueries {
  /** The newest first. */
  runs(tenant: TenantId, filter: RunFilter, page: PageWish): Promise<Page<RunOverview>>
  run(tenant: TenantId, run: RunId): Promise<RunOverview | undefined>
  /** The newest first. */
  tasks(tenant: TenantId, page: PageWish): Promise<Page<Task>>
  task(tenant: TenantId, task: TaskId): Promise<Task | undefined>
  steps(tenant: TenantId, run: RunId, page: PageWish): Promise<Page<StepRecord>>
  artifacts(tenant: TenantId, run: RunId, page: PageWish): Promise<Page<RunArtifact>>
  /** Artifacts of every run, the newest first; what retention let go is left out. */
  listArtifacts(tenant: TenantId, filter: ArtifactFilter, page: PageWish): Promise<Page<ListedArtifact>>
  /** An artifact of any of the tenant's runs, with one of the repositories it came from. */
  artifact(tenant: TenantId, sha256: string): Promise<(RunArtifact & { readonly repository: string }) | undefined>
  decisions(tenant: TenantId, run: RunId, page: PageWish): Promise<Page<PolicyDecision>>
  approvals(tenant: TenantId, run: RunId): Promise<readonly Approval[]>
}
