import type { Trust } from '../task/index.ts'

/**
 * The layers of a context, in the order of their authority and use. On the wire `repository_context` stands before
 * `task_contract`: it is the same for every run on a commit, so that runs share it as their prefix.
 */
export const CONTEXT_LAYERS = [
  'system_instruction',
  'capability_policy',
  'task_contract',
  'repository_context',
  'relevant_slices',
  'previous_attempts',
  'tool_results',
  'reviewer_feedback',
  'verification_evidence',
  'constraints',
] as const
export type ContextLayer = (typeof CONTEXT_LAYERS)[number]

/** What a text may do outside: secrets reach no model, regulated data none by default, the rest as a projection. */
export type ContextDataClass = 'public' | 'internal' | 'confidential' | 'secret' | 'regulated' | 'generated_sensitive'

export type ContextItemType =
  | 'system_instruction'
  | 'policy_summary'
  | 'task_contract'
  | 'repository_map'
  | 'context_packet'
  | 'instruction_file'
  | 'source_file_slice'
  | 'memory'
  | 'plan_note'
  | 'previous_attempt'
  | 'tool_result'
  | 'review_comment'
  | 'verification_baseline'
  | 'constraints'

/** A rule that a text met, with the lines it met it on, counted from 1 in the text as shown; at most ten of them. */
export interface TextFlag {
  readonly rule: string
  /** What such a line does, for people. */
  readonly title: string
  readonly lines: readonly number[]
}

/** One thing a model was told, with where it came from. */
export interface ContextItem {
  readonly id: string
  readonly layer: ContextLayer
  readonly type: ContextItemType
  /** Who or what it came from: `platform`, `request`, `repository`, `verifier`, `memory`, `run`, `reviewer`. */
  readonly source: string
  readonly repository: string
  readonly path: string | null
  readonly commit: string
  /** `42-91`, or several with commas between, counted from 1; null where the item is no part of a file, or an outline. */
  readonly line_range: string | null
  readonly trust_level: 'instruction' | Trust
  readonly freshness: 'current_commit' | 'at_submission' | 'earlier_run'
  readonly data_class: ContextDataClass
  /** Hex SHA-256 of the text before it was wrapped or shortened. */
  readonly content_hash: string
  /** Estimated tokens as sent; 0 for a dropped item. */
  readonly tokens: number
  readonly shortened: boolean
  /** What in it reads like orders or hides something; empty: nothing was found. */
  readonly flags: readonly TextFlag[]
  /** Why a piece of code was chosen, in words; absent where that is plain. */
  readonly reasons?: readonly string[]
}

/** Why an item was left out: no room, holds secrets by its name, holds data about people. */
export type DropReason = 'over_budget' | 'secret' | 'regulated'

export interface DroppedItem extends ContextItem {
  readonly reason: DropReason
  /** The rule that decided, with what it found; null where the budget did. */
  readonly why: string | null
}

/** What went into a context, what did not, and why: an artifact of the run. */
export interface ContextManifest {
  readonly schema: 'gander.context/v2'
  readonly system_prompt_version: string
  readonly repository: string
  readonly commit: string
  /** The family of tokenisers whose tokens were estimated. */
  readonly tokenizer: string
  readonly budget_tokens: number
  readonly token_count: number
  /** Tokens of the leading items whose bytes are the same in every run on this text under the same contract terms. */
  readonly prefix_tokens: number
  readonly tokens_by_layer: { readonly [layer in ContextLayer]?: number }
  /** In the order they were sent. */
  readonly items: readonly ContextItem[]
  readonly dropped: readonly DroppedItem[]
  /** Why less of the code is known than could be, a sentence each; absent in manifests from before it was said. */
  readonly notes?: readonly string[]
}
