import type { Json, JsonObject } from '#domain/json'
import type { SandboxProcess } from './sandbox-driver.ts'

/** A foreign tool as its server describes it. Nothing in it is trusted; the pin is over exactly these fields. */
export interface ForeignTool {
  readonly name: string
  readonly title?: string
  readonly description: string
  readonly input_schema: JsonObject
  readonly output_schema?: JsonObject
  readonly annotations?: JsonObject
}

/** A foreign prompt as its server describes it: a text that the server fills in. */
export interface ForeignPrompt {
  readonly name: string
  readonly description: string
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly required: boolean }[]
}

/** What a server offers, as listed at one moment. */
export interface ForeignOffer {
  readonly server: { readonly name: string; readonly version: string }
  readonly tools: readonly ForeignTool[]
  readonly prompts: readonly ForeignPrompt[]
  readonly resources: readonly { readonly uri: string; readonly name: string; readonly media_type: string | null }[]
}

/** What a call came back with; text parts joined, others named by their kind and size. NOT redacted, NOT cut. */
export interface ForeignAnswer {
  readonly text: string
  readonly is_error: boolean
  readonly structured?: Json
}

export type ForeignFailure = 'timeout' | 'closed' | 'protocol' | 'too_large'

/** A conversation with one foreign tool server; requests of the server itself (sampling, elicitation, roots) are refused. */
export interface ForeignServer {
  /** Everything the server lists now. @throws ForeignServerError */
  offer(timeout_ms: number): Promise<ForeignOffer>
  /** @throws ForeignServerError */
  call(tool: string, args: JsonObject, timeout_ms: number, signal?: AbortSignal): Promise<ForeignAnswer>
  readResource(uri: string, timeout_ms: number, signal?: AbortSignal): Promise<ForeignAnswer>
  getPrompt(
    prompt: { readonly name: string; readonly arguments: Readonly<Record<string, string>> },
    timeout_ms: number,
    signal?: AbortSignal,
  ): Promise<ForeignAnswer>
  /** Called when the server says that its list changed, and when it asks for something it must not have. */
  onNotice(listener: (notice: ForeignNotice) => void): void
  close(): Promise<void>
}

export type ForeignNotice =
  | { readonly kind: 'list_changed' }
  | { readonly kind: 'refused_request'; readonly method: string }
  | { readonly kind: 'closed' }

export class ForeignServerError extends Error {
  readonly failure: ForeignFailure

  constructor(failure: ForeignFailure, message: string) {
    super(message)
    this.name = 'ForeignServerError'
    this.failure = failure
  }
}

/** For whom a server is asked; told to it with every request (`_meta`), and never a secret. */
export interface ForeignIdentity {
  readonly run_id: string
  readonly tenant_id: string
}

/** Speaks the Model Context Protocol as a client. */
export interface ForeignServers {
  /** Over the standard streams of a process in a sandbox of its own. @throws ForeignServerError */
  overProcess(process: SandboxProcess, timeout_ms: number, identity?: ForeignIdentity): Promise<ForeignServer>
}
