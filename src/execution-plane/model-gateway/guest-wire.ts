import type { Usage } from '#domain/conversation'
import type { Json, JsonObject } from '#domain/json'
import type { ModelApi, ModelChoice } from '#domain/task'

/** The wire formats a guest may speak. */
type GuestApi = Exclude<ModelApi, 'recorded'>

/** A request that is not let through, in words for the guest's log. */
export class GuestRefusal extends Error {
  readonly status: number
  readonly rule: string
  /** True where the budget's own record tells of it already, or where this run may write none. */
  readonly is_recorded: boolean

  constructor(status: number, rule: string, message: string, is_recorded = false) {
    super(message)
    this.status = status
    this.rule = rule
    this.is_recorded = is_recorded
  }
}

/** A guest's request after the allowlist: known fields only. */
export interface AllowedRequest {
  readonly body: JsonObject
  /** The model's name as the guest asked for it. */
  readonly asked_model: string
  readonly stream: boolean
  /** Undefined where the guest set no limit. */
  readonly max_output_tokens: number | undefined
  /** What was taken out, such as `tools.web_search`. */
  readonly dropped: readonly string[]
}

/** What a request is sealed with before it goes on. */
interface Sealing {
  readonly model: ModelChoice
  readonly max_output_tokens: number
  readonly stream: boolean
  /** Said to the model at the end of the last message; undefined for nothing. */
  readonly steering: string | undefined
}

/** A place in a parsed event where a piece of a longer text stands. */
export interface DeltaPlace {
  /** Names the text that the piece belongs to. */
  readonly key: string
  readonly holder: Record<string, unknown>
  readonly field: string
}

/** One wire format: what is let through, how it goes on, and what an answer says about itself. */
export interface GuestWire {
  readonly api: GuestApi
  /** In words for people. */
  readonly label: string
  /** @throws GuestRefusal, and ZodError for what does not have the format's form */
  allow(body: Json, path: string): AllowedRequest
  seal(allowed: AllowedRequest, sealing: Sealing): JsonObject
  /** Below the version path. */
  pathOf(model: ModelChoice, stream: boolean): string
  error(status: number, rule: string, message: string): JsonObject
  /** Adds what an answer or an event of a stream tells about usage. */
  usageOf(said: Json, so_far: Usage): Usage
  /** The model's name where an answer or event has it. */
  modelOf(said: Json): string | undefined
  /** Where an event holds pieces of texts. */
  deltasOf(event: Json): readonly DeltaPlace[]
}

/** Narrows to an object; anything else is an empty one. */
export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** Narrows to a list; anything else is an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A token count as it stands in an answer; undefined where there is none. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

/** The text pieces of an object's named fields. */
export const placesIn = (
  holder: Record<string, unknown>,
  prefix: string,
  fields: readonly string[],
): readonly DeltaPlace[] =>
  fields
    .filter((field) => typeof holder[field] === 'string')
    .map((field) => ({ key: `${prefix}:${field}`, holder, field }))

/** What guests are told when they ask for bytes that the provider would fetch by itself. */
export const noForeignSource = (what: string): GuestRefusal =>
  new GuestRefusal(
    400,
    'foreign_source',
    `${what} by address or file id are not let through, because the provider would fetch them from outside the fence. Send the bytes as base64.`,
  )
