import type { RunId, TenantId } from '#domain/ids'

/** A step that its run left open when it ended. */
export interface OpenStep {
  readonly tenant_id: TenantId
  readonly run_id: RunId
  readonly n: number
  readonly key: string
  /** What is still reserved for it, in US dollars. */
  readonly reserve_usd: number
  /** True where the model may have been asked, so that the reservation counts as spent. */
  readonly was_sent: boolean
}

/** A publication that an ended run had planned and that is not on its record. */
export interface PlannedPublication {
  readonly tenant_id: TenantId
  readonly run_id: RunId
  readonly repository: string
  readonly branch: string
  readonly commit: string
  readonly idempotency_key: string
}

/** What the world turned out to hold of a planned publication, and what was done about it. */
export type PublicationFinding =
  | { readonly finding: 'unrecorded_pull_request'; readonly url: string; readonly number: number }
  | { readonly finding: 'orphan_branch' }
  | { readonly finding: 'nothing_published' }

/** What runs left behind, over all tenants; every repair is one transaction with its event, and is done once. */
export interface Reconciliation {
  /** Open steps of runs that ended at least so long ago, at most so many. */
  openSteps(ended_ms_ago: number, limit: number): Promise<readonly OpenStep[]>
  /** Ends a step as abandoned and settles its reservation; false where it is settled already. */
  settle(step: OpenStep): Promise<boolean>
  /** Planned publications that nobody looked into yet, of runs that ended at least so long ago, at most so many. */
  unpublished(ended_ms_ago: number, limit: number): Promise<readonly PlannedPublication[]>
  /** Puts what was found on record, a pull request with its link. */
  record(planned: PlannedPublication, found: PublicationFinding): Promise<void>
}
