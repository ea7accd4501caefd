import type { RunId } from '../ids/index.ts'
import type { Trust } from '../task/index.ts'

/** What an entry tells of: how to build, a habit, a trap, a test whose outcome is chance, who looks after what. */
export const MEMORY_KINDS = ['build_hint', 'convention', 'pitfall', 'flaky_test', 'ownership'] as const
export type MemoryKind = (typeof MEMORY_KINDS)[number]

/** Only `approved` is ever shown to a model. `forgotten` is a tombstone: its text is gone for good. */
export const MEMORY_STATES = ['proposed', 'approved', 'forgotten', 'expired'] as const
export type MemoryState = (typeof MEMORY_STATES)[number]

/** How much is remembered, of one tenant's one repository where nothing else is said. */
export const MEMORY_LIMITS = {
  /** Characters of one entry, which is one line. */
  text: 400,
  /** Entries that wait for a review, and entries that are in use. */
  proposed: 40,
  approved: 40,
  /** The same over all repositories of a tenant. */
  proposed_of_tenant: 400,
  approved_of_tenant: 800,
  /** Proposals of one batch that are looked at; what comes after them is dropped unread. */
  looked_at: 64,
  /** New entries that one run may propose. */
  of_run: 8,
  /** Runs that are remembered as having seen the same. */
  runs: 16,
  /** Days until a proposal lapses, until an approval does where nobody says, and at most. */
  proposed_days: 30,
  approved_days: 90,
  longest_days: 365,
  /** Days after which the text of what lapsed is erased. */
  expired_days: 30,
} as const

/** Kinds with one truth for each item: of two entries in use one would be wrong. */
export const SINGLE_KINDS: readonly MemoryKind[] = ['build_hint', 'flaky_test', 'ownership']

/** What somebody wants remembered. Its trust is the lowest of `inputs`, never what a text says of itself. */
export interface MemoryProposal {
  readonly kind: MemoryKind
  readonly text: string
  /** What it was taken from, such as `phase unit` or a test's id. */
  readonly item: string
  /** The commit it was seen at; null where it is about no commit. */
  readonly commit: string | null
  /** Trust of everything that went into the text; empty counts as unknown. */
  readonly inputs: readonly Trust[]
}

/** One entry as reviewers see it. */
export interface MemoryEntry {
  readonly id: string
  readonly repository: string
  readonly kind: MemoryKind
  /** One line, with everything invisible made visible; empty where it was forgotten. */
  readonly text: string
  readonly source: { readonly run_id: RunId | null; readonly item: string; readonly commit: string | null }
  readonly trust: Trust
  /** 0 to 1, from its trust and how many runs saw the same. */
  readonly confidence: number
  /** What a reviewer should look at; empty where nothing was noticed, which proves nothing. */
  readonly flags: readonly string[]
  /** Entries in use that say something else of the same; they go before this one comes. */
  readonly conflicts_with: readonly string[]
  readonly state: MemoryState
  /** Hex SHA-256 of kind, line end and text: what a review is bound to. */
  readonly hash: string
  /** How many runs saw it. */
  readonly seen: number
  readonly proposed_by: string
  readonly proposed_at: string
  /** Who approved or forgot it; null where nobody did. */
  readonly reviewer: string | null
  readonly reviewed_at: string | null
  /** What the reviewer said; empty where nothing. */
  readonly reason: string
  readonly expires_at: string
}

/** An entry that a person let in, as a context may hold it: data with its trust, never an instruction. */
export type ApprovedMemory = Pick<
  MemoryEntry,
  'id' | 'kind' | 'text' | 'trust' | 'source' | 'confidence' | 'expires_at' | 'hash'
>
