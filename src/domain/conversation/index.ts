import type { Json } from '../json/index.ts'

/** A tool call as a model asked for it; `arguments` is unparsed until the tool gateway has checked it. */
export interface ToolRequest {
  readonly id: string
  readonly name: string
  readonly arguments: Json
  /** Opaque data the provider wants back with the call, such as a thought signature; kept as it came. */
  readonly provider_data?: Json
}

/** The answer to one tool call, as text the model reads. */
export interface ToolAnswer {
  readonly call_id: string
  readonly name: string
  readonly text: string
  readonly is_error: boolean
}

/** Provider-neutral messages: the ledger of a conversation, the same over every wire format. */
export type Message =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly tool_requests: readonly ToolRequest[] }
  | { readonly role: 'tool'; readonly answers: readonly ToolAnswer[] }

/** A tool as a model sees it; `input_schema` is JSON Schema draft 2020-12. */
export interface ToolDeclaration {
  readonly name: string
  readonly description: string
  readonly input_schema: { readonly [key: string]: Json }
}

/** Tokens of one model call; a figure the provider did not give is null and is booked as the worst case. */
export interface Usage {
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cached_input_tokens: number | null
  /** Part of `input_tokens` that was written to the provider's cache; absent where there is no such price. */
  readonly cache_write_input_tokens?: number | null
}

export type StopReason = 'tool_calls' | 'end_of_turn' | 'length' | 'refused' | 'other'
