import type { RunMode } from '#domain/task'
import type { Platform } from '#ports'

/** A foreign server as `gander mcp list` shows it. */
interface McpServerLine {
  readonly id: string
  readonly command: readonly string[]
  readonly tools: readonly string[]
  readonly resources: readonly string[]
  readonly prompts: readonly string[]
  readonly pin: string | null
}

/** What pinning a server came to. */
export interface McpPinned {
  readonly id: string
  readonly pin: string
  /** What differs from the offer that was pinned before, one line each. */
  readonly changed: readonly string[]
  /** Names of the tools that agents will see. */
  readonly tools: readonly string[]
  /** What was left out, with the reason. */
  readonly left_out: readonly string[]
}

/** What an assistant says about a task; model and limits were said by the person who started the server. */
export interface HandedTask {
  readonly repository: string
  readonly title: string
  readonly description: string
  readonly mode: RunMode
}

/** How Gander's own server is to be served. */
interface McpServing {
  readonly platform: Platform
  /** Absent: over the standard streams. */
  readonly port?: number
  /** Takes a task and gives its run's id. Absent: an assistant only reads. */
  readonly submit?: (task: HandedTask) => Promise<string>
  /** Values by name that are cut out of every answer. */
  readonly secrets: { readonly [name: string]: string }
}

/** Foreign servers and Gander's own, for the command line. */
export interface McpDesk {
  list(): Promise<readonly McpServerLine[]>
  /** Starts the server in its sandbox, and pins what it offers now. @throws GanderError `mcp_server_unavailable` */
  pin(id: string): Promise<McpPinned>
  serve(serving: McpServing): Promise<{
    /** Null over the standard streams. */
    readonly http: { readonly url: string; readonly token_file: string } | null
    /** Resolves when the other side has ended the conversation; over HTTP when the terminal goes away. */
    readonly ended: Promise<void>
    /** Ends it, and removes the token's file. */
    close(): Promise<void>
  }>
}
