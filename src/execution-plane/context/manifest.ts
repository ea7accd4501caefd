import type { Trust } from '#domain/task'

/** One thing a model was told, with where it came from. */
export interface ContextItem {
  readonly id: string
  readonly type:
    | 'system_instruction'
    | 'policy_summary'
    | 'task_contract'
    | 'repository_map'
    | 'instruction_file'
    | 'verification_baseline'
    | 'source_file_slice'
  readonly source: 'platform' | 'request' | 'repository' | 'verifier'
  readonly repository: string
  readonly path: string | null
  readonly commit: string
  /** `42-91`, counted from 1; null where the item is no part of a file. */
  readonly line_range: string | null
  readonly trust_level: 'instruction' | Trust
  readonly freshness: 'current_commit' | 'at_submission'
  /** Hex SHA-256 of the text before it was wrapped or shortened. */
  readonly content_hash: string
  /** Estimated tokens as sent; 0 for a dropped item. */
  readonly tokens: number
  readonly shortened: boolean
}

/** What went into a context, what did not, and why: an artifact of the run. */
export interface ContextManifest {
  readonly schema: 'gander.context/v1'
  readonly system_prompt_version: string
  readonly repository: string
  readonly commit: string
  readonly budget_tokens: number
  readonly token_count: number
  readonly items: readonly ContextItem[]
  readonly dropped: readonly (ContextItem & { readonly reason: 'over_budget' })[]
}

/** Bytes a token takes at least on average in code and English; estimates err on the large side. */
const BYTES_PER_TOKEN = 3.5

/** Estimated tokens of a text. */
export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
