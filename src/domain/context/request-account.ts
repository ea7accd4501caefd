/** One message of a conversation, or one answer to a tool call, as a request carried it. */
export type SeenMessage = {
  /** `m0`, `m1`, … for messages; the call's id for answers of tools. */
  readonly id: string
  readonly kind: 'platform' | 'model' | 'tool_result'
  /** The tool of a result; empty for the rest. */
  readonly tool: string
  readonly tokens: number
  /** First 16 hex digits of the SHA-256 of the text. */
  readonly hash: string
}

/**
 * What one request to a model carried, kept with its step. Messages that the request before carried unchanged are not
 * repeated: those that are new or read otherwise now are listed, an earlier one of the same id is replaced by them.
 */
export type RequestAccount = {
  readonly system_tokens: number
  readonly tool_tokens: number
  /** Estimated tokens of everything. */
  readonly total_tokens: number
  readonly messages: number
  readonly changed: readonly SeenMessage[]
}

/** The messages that the last of these requests carried, in their order; the accounts are all up to it, oldest first. */
export function messagesSeen(accounts: readonly RequestAccount[]): readonly SeenMessage[] {
  const seen = new Map<string, SeenMessage>()
  for (const { changed } of accounts) for (const message of changed) seen.set(message.id, message)
  return [...seen.values()]
}
