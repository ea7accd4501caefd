import type { Json, JsonObject } from '#domain/json'
import type { AgentSession, SandboxProcess, WantedLeave } from '#ports'

/** What a guest's program is started with. */
interface GuestSeat {
  /** How the program is started, without arguments. */
  readonly program: readonly string[]
  /** Where the model is reached from inside, such as `http://127.0.0.1:4180`. */
  readonly origin: string
  /** What it sends as its key; good for this channel alone. */
  readonly token: string
  readonly model: string
  readonly prompt: string
  readonly tools: ToolSeat
}

/** Where the run's own tools are found from inside: a server of the Model Context Protocol over HTTP. */
export interface ToolSeat {
  readonly url: string
  /** Sent as a bearer token; good for this start alone. */
  readonly token: string
}

/** The name by which every guest knows that server. */
export const TOOL_SERVER = 'gander'
/** The project's checks may take long; what a guest waits for one call at most. */
export const TOOL_CALL_MS = 60 * 60_000

/** One start of a guest's program. */
export interface GuestLaunch {
  readonly argv: readonly string[]
  readonly env: { readonly [name: string]: string }
  /** Written before the start; absolute paths inside the sandbox. */
  readonly files: { readonly [path: string]: string }
}

/** What a guest's output says, in no program's words. Nothing of it is evidence. */
export type GuestEvent =
  | { readonly kind: 'tool_called'; readonly id: string; readonly tool: string; readonly args: Json }
  | { readonly kind: 'tool_answered'; readonly id: string; readonly text: string; readonly is_error: boolean }
  | { readonly kind: 'said'; readonly text: string }
  /** A piece of what it is saying; a tool call ends it. */
  | { readonly kind: 'said_on'; readonly text: string }
  /** The program's own last word on its turn. */
  | { readonly kind: 'concluded'; readonly text: string; readonly is_error: boolean }

/** How one coding agent's program is started and understood. */
export interface GuestCli {
  launch(seat: GuestSeat): GuestLaunch
  /** Reads one line of its output; a line that says nothing of note gives nothing. */
  read(line: JsonObject): readonly GuestEvent[]
  /** Speaks with the program instead of only reading it; resolves when its turn is over. */
  readonly converse?: (talk: GuestTalk) => Promise<void>
}

/** What a conversation with a guest's program is held with. */
export interface GuestTalk {
  readonly process: SandboxProcess
  /** What the program says; read instead of the process's own. */
  readonly output: AsyncIterable<Uint8Array>
  readonly session: AgentSession
  readonly prompt: string
  readonly key_prefix: string
  readonly tools: ToolSeat
  readonly add: (event: GuestEvent) => void
  /** Ends the turn: a person must be asked first. */
  readonly needLeave: (wanted: WantedLeave) => void
}

/** The home of the sandbox's user. */
export const GUEST_HOME = '/home/agent'

export const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
export const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
export const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** The text of a content that is a string or a list of parts. */
export const textOf = (content: Json | undefined): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((part) => text(object(part)['text']))
        .join('')
