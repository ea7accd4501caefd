import { createHash, timingSafeEqual } from 'node:crypto'
import type { Json } from '#domain/json'
import type {
  ArtifactStore,
  Clock,
  ForwardRequest,
  GuestAdmission,
  GuestBudget,
  GuestStart,
  PriceTable,
  Redactor,
} from '#ports'
import { GuestRefusal } from './guest-wire.ts'
import type { ModelRules } from './model-rules.ts'
import type { RequestRedactor } from './redact-request.ts'

/** What guests' calls are worked on with. */
export interface GuestWorld {
  readonly budget: GuestBudget
  /** Where a tenant's exchanges are kept. */
  readonly artifacts: (tenant: string) => Pick<ArtifactStore, 'put'>
  readonly redactor: Redactor
  readonly forward: ForwardRequest
  readonly prices: PriceTable
  readonly clock: Clock
  readonly rules: ModelRules
  /** Milliseconds from sending a call until the last byte of its answer; absent means ten minutes. */
  readonly call_ms?: number
}

/** What a channel's requests share. */
export interface Channel {
  readonly world: GuestWorld
  readonly admission: GuestAdmission
  readonly start: GuestStart
  readonly token_sha256: Uint8Array
  readonly requests: RequestRedactor
  readonly key: string | undefined
  readonly overlap: () => number
  /** Aborted when nothing may go on. */
  readonly killed: AbortSignal
  /** Numbers the calls. */
  n: number
  /** Refusals put on record so far. */
  refusals: number
  /** What the model was told so far besides the guest's words: the highest mark, and the most that was cut. */
  told: { readonly mark: number; readonly cuts: number }
  in_flight: number
  closing: boolean
}

/** One request as it came over a channel's socket. */
export interface GuestRequest {
  readonly method: string
  /** Path with its query. */
  readonly target: string
  readonly token: string | undefined
  /** The only header of a client that may go on, and only in parts. */
  readonly beta: string | undefined
  readonly body: string
}

/** What goes back; a body that is no text comes in pieces. */
export interface GuestReply {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string | AsyncIterable<string>
}

/** A guest that is refused again and again does not fill the record. */
const MAX_RECORDED_REFUSALS = 64

/** Puts a refusal that came before any reservation on record, under a key of its own. */
export async function noteRefusal(channel: Channel, { body }: GuestRequest, error: unknown): Promise<void> {
  if (!(error instanceof GuestRefusal) || error.is_recorded || channel.refusals >= MAX_RECORDED_REFUSALS) return
  channel.refusals += 1
  channel.n += 1
  const { world, start, admission, n } = channel
  const request_sha256 = createHash('sha256').update(body).digest('hex')
  await world.budget.refuse(start, { n, model: admission.model, request_sha256, policy_version: '' }, error.rule)
}

/** Whether a token is this channel's, in a time that does not depend on where it differs. */
export const isToken = (channel: Pick<Channel, 'token_sha256'>, given: string | undefined): boolean =>
  given !== undefined && timingSafeEqual(digest(given), channel.token_sha256)

/** The bytes by which tokens are compared. */
export const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** A reply with a JSON body. */
export const json = (status: number, body: Json, headers: Readonly<Record<string, string>> = {}): GuestReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
