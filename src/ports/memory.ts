import type { RunId, TenantId } from '#domain/ids'
import type { ApprovedMemory, MemoryEntry, MemoryProposal, MemoryState } from '#domain/memory'
import type { Trust } from '#domain/task'

/** Which entries are looked at; an absent member leaves none out. */
export interface MemoryWish {
  readonly repository?: string
  readonly states?: readonly MemoryState[]
}

/** Who reviews an entry, and what of it they saw: an approval is of exactly this text. */
interface MemoryReview {
  readonly by: string
  /** Empty where nothing was said. */
  readonly reason: string
}

/** What becomes of an entry that is let in. */
export interface MemoryApproval extends MemoryReview {
  readonly hash: string
  /** From 1 to 365. */
  readonly days: number
  /** True where the reviewer saw what is odd about the text and lets it in all the same. */
  readonly despite_flags: boolean
}

/** What became of a proposal. `known`: it is there already, waits, or was forgotten, and stays as it is. */
export type ProposalOutcome =
  | { readonly kind: 'proposed' | 'confirmed' | 'known'; readonly id: string }
  | { readonly kind: 'refused'; readonly because: 'empty' | 'too_long' | 'secret' | 'personal' | 'full' }

/** Proposals with whose they are. */
export interface ProposalBatch {
  readonly repository: string
  readonly by: string
  readonly run_id: RunId
  readonly proposals: readonly MemoryProposal[]
}

/** What a worker does with memory: it reads what people let in and proposes what it saw. */
export interface RunMemory {
  /** What is approved and has not expired, surest first. */
  approved(repository: string): Promise<readonly ApprovedMemory[]>
  propose(batch: ProposalBatch): Promise<readonly ProposalOutcome[]>
}

/** What people do with one tenant's memory. */
export interface TenantMemory {
  /** What waits for a review first, then by age; at most 500. */
  list(wish: MemoryWish): Promise<readonly MemoryEntry[]>
  /** @throws GanderError `memory_not_found` */
  view(id: string): Promise<MemoryEntry>
  /** @throws GanderError `memory_not_found`, `memory_changed`, `memory_flagged`, `memory_conflicts`, `memory_full` */
  approve(id: string, approval: MemoryApproval): Promise<MemoryEntry>
  /** Erases the text and keeps a tombstone, so that the same is not proposed again. @throws GanderError `memory_not_found` */
  forget(id: string, review: MemoryReview): Promise<MemoryEntry>
}

/** A proposal as it is put on record. */
export interface WeighedProposal extends Omit<MemoryProposal, 'inputs'> {
  readonly id: string
  readonly hash: string
  readonly trust: Trust
  readonly flags: readonly string[]
}

/** Why proposals were dropped, with how many. */
export type DroppedProposals = Partial<Readonly<Record<RefusedProposal['because'], number>>>
type RefusedProposal = Extract<ProposalOutcome, { kind: 'refused' }>

/** What a sweep did to memory, or would do. */
export interface MemorySweep {
  /** Entries that are used no more: their time is over, or their repository or tenant is closed. */
  readonly expired: number
  /** Texts of expired entries that were erased. */
  readonly erased: number
}

/** Memory on record, by tenant. Every write is one transaction with its events, and settles what expired. */
export interface MemoryRecords {
  list(tenant: TenantId, wish: MemoryWish): Promise<readonly MemoryEntry[]>
  find(tenant: TenantId, id: string): Promise<MemoryEntry | undefined>
  propose(
    tenant: TenantId,
    batch: Omit<ProposalBatch, 'proposals'> & {
      readonly proposals: readonly WeighedProposal[]
      /** What was dropped before; told together with what is dropped here. */
      readonly dropped: DroppedProposals
    },
  ): Promise<readonly ProposalOutcome[]>
  /**
   * Undefined where the entry is not there, is not this text, or may not be approved any more; `full` where no more may
   * be; the entry in use that says something else of the same, which has to go first.
   */
  approve(
    tenant: TenantId,
    id: string,
    approval: Omit<MemoryApproval, 'despite_flags'>,
  ): Promise<MemoryEntry | 'full' | { readonly conflicts_with: string } | undefined>
  forget(tenant: TenantId, id: string, review: MemoryReview): Promise<MemoryEntry | undefined>
  /**
   * Ends what lapsed, what is of a repository where no task may run any more, and everything of a closed tenant; erases
   * the texts that ended long ago, but none of a run under a legal hold.
   */
  sweep(tenant: TenantId, wish: { readonly dry_run: boolean }): Promise<MemorySweep>
}
