import type { Result } from '#domain/result'

/** One policy in the engine's language; it can only forbid. */
export interface ForbidRule {
  /** Its `@id`. */
  readonly rule: string
  /** `@effect("ask")` lets a person decide; anything else is a deny. */
  readonly effect: 'ask' | 'deny'
  /** Its `@why`, or a sentence made from its id. */
  readonly why: string
}

/** Who asks, as the platform knows the run. */
export interface ForbidPrincipal {
  readonly run_id: string
  readonly tenant: string
  readonly repository: string
  readonly capability: string
  readonly mode: string
  readonly trust: string
  readonly requester: string
}

/** What is acted on; paths are folded components, so that case, width and invisible marks make no difference. */
export type ForbidResource =
  | { readonly kind: 'path'; readonly components: readonly string[] }
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'tool'; readonly server: string; readonly name: string }
  | { readonly kind: 'repository'; readonly address: string }

/** Facts beside principal and resource; what is not known is empty. */
interface ForbidContext {
  readonly state: string
  readonly tool: string
  readonly branch: string
  readonly content_class: string
  readonly change_classes: readonly string[]
}

export interface ForbidRequest {
  readonly action: string
  readonly principal: ForbidPrincipal
  readonly resource: ForbidResource
  readonly context: ForbidContext
}

/** The rules that forbid an act, or why that could not be decided. */
export type ForbidAnswer = Result<readonly ForbidRule[], string>

/** Policies of one level, parsed once. */
export interface PreparedForbids {
  readonly rules: readonly ForbidRule[]
  /** The rules that forbid this, or what went wrong while deciding; what goes wrong is a deny for whoever asked. */
  ask(request: ForbidRequest): ForbidAnswer
  /** As `ask`, of these and then of others of the same engine, each for itself, by one evaluation of all of them. */
  askTogether(others: readonly PreparedForbids[], request: ForbidRequest): readonly ForbidAnswer[]
}

/** Decides by policies in a language of their own. */
export interface PolicyEngine {
  /** Parses, validates and prepares a level's text; problems name the policy, its line and what to write instead. */
  prepare(text: string): Result<PreparedForbids, readonly string[]>
}
