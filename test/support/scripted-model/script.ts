import type { Json } from '#domain/json'
import type { Message } from '#domain/conversation'
import type { ModelApi } from '#domain/task'

export type WireApi = Exclude<ModelApi, 'recorded'>

/** One request as a script sees it, the same over every wire format. */
export interface ScriptedTurn {
  /** 1 for the first request this server got. */
  readonly n: number
  readonly api: WireApi
  readonly model: string
  /** Told from the tools: `submit_plan` opens planning, `submit_judgement` or none is the judge. */
  readonly phase: 'planning' | 'editing' | 'judging'
  readonly system: string
  readonly messages: readonly Message[]
  /** Names of the offered tools. */
  readonly tools: readonly string[]
}

/** A tool call; text instead of an object is sent as it is, also where it is no JSON. */
interface ScriptedCall {
  readonly name: string
  readonly arguments: Json
  readonly id?: string
}

export interface ScriptedUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cached_input_tokens?: number
}

/** What the server does with one request. */
export interface ScriptedReply {
  readonly text?: string
  /** Signed or encrypted thinking before the answer; only the formats that want it back send it. */
  readonly reasoning?: string
  readonly tool_calls?: readonly ScriptedCall[]
  /** Absent means figures made from the sizes; null means that the answer has none. */
  readonly usage?: ScriptedUsage | null
  readonly delay_ms?: number
  /** Says that the answer was cut at the token limit or refused. */
  readonly stop?: 'length' | 'refused'
  readonly fail?: {
    readonly status?: number
    readonly body?: string
    readonly headers?: { readonly [name: string]: string }
    /** True closes the connection without an answer; `half` closes it in the middle of a good one. */
    readonly drop?: boolean | 'half'
  }
}

export type Script = (turn: ScriptedTurn) => ScriptedReply | Promise<ScriptedReply>

/** A script that gives the replies in order; a request too many fails with 400 and says so. */
export const inOrder =
  (replies: readonly ScriptedReply[]): Script =>
  ({ n }) =>
    replies[n - 1] ?? { fail: { status: 400, body: `{"error":{"message":"request ${n} is one too many"}}` } }

export const phaseOf = (tools: readonly string[]): ScriptedTurn['phase'] => {
  if (tools.includes('submit_plan')) return 'planning'
  return tools.includes('finish') ? 'editing' : 'judging'
}
