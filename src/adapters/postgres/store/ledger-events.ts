import { missingFields, type EventDraft, type EventName, type LedgerEvent } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { RunId, TenantId } from '#domain/ids'
import { canonicalJson, type JsonObject } from '#domain/json'
import type { RunEvent } from '#domain/run'
import { plain, plainOrNull, type EventContext } from './store-context.ts'

/** Who acts where a draft names nobody. */
export interface Actor {
  readonly actor_type: 'service' | 'person'
  readonly actor: string
}

export const PLATFORM: Actor = { actor_type: 'service', actor: 'gander' }

/** A decided event as a draft; the actor is the person who gave the command, or who works. */
export const draftOf = ({ event, facts }: RunEvent, actor: Actor): EventDraft => ({
  event,
  facts: { ...facts } as unknown as JsonObject,
  ...actor,
})

/**
 * The parameter of `append_events`. Every member is text, so that the database never has to unescape what a run said.
 * @throws GanderError `internal` for an event that lacks a fact of its catalogue entry
 */
export function eventRows(
  store: EventContext,
  drafts: readonly EventDraft[],
  on: RunId | TenantId,
  actor: Actor,
): string | null {
  if (drafts.length === 0) return null
  return JSON.stringify(drafts.map((draft) => eventRow(store, draft, on, actor)))
}

/** A member of that parameter. */
export type EventRow = ReturnType<typeof eventRow>

/** @throws GanderError `internal` for an event that lacks a fact of its catalogue entry */
export function eventRow(store: EventContext, draft: EventDraft, on: RunId | TenantId, actor: Actor) {
  const missing = missingFields(draft)
  if (missing.length > 0)
    throw new GanderError('internal', `The event ${draft.event} lacks ${missing.join(', ')}.`, {
      facts: { event: draft.event, missing },
    })
  return {
    audit_id: store.identifiers.make('event'),
    event: draft.event,
    actor_type: draft.actor_type ?? actor.actor_type,
    actor: plain(draft.actor ?? actor.actor),
    resource_type: plain(draft.resource_type ?? 'run'),
    resource_id: plain(draft.resource_id ?? on),
    decision: draft.decision ?? null,
    decision_id: plainOrNull(draft.decision_id),
    approval_id: plainOrNull(draft.approval_id),
    policy_version: plainOrNull(draft.policy_version),
    request_hash: plainOrNull(draft.request_hash),
    result_hash: plainOrNull(draft.result_hash),
    facts: canonicalJson(draft.facts),
  }
}

/** A row of `audit_event` as it arrives. */
export interface LedgerRow extends Omit<LedgerEvent, 'tenant_id' | 'run_id' | 'event'> {
  readonly tenant_id: string
  readonly run_id: string | null
  readonly event: string
}

/** The event a row holds; its members are what is hashed, no more. */
export const ledgerEventOf = (row: LedgerRow): LedgerEvent => ({
  audit_id: row.audit_id,
  tenant_id: row.tenant_id as TenantId,
  seq: row.seq,
  run_id: row.run_id as RunId | null,
  run_seq: row.run_seq,
  event: row.event as EventName,
  actor_type: row.actor_type,
  actor: row.actor,
  resource_type: row.resource_type,
  resource_id: row.resource_id,
  decision: row.decision,
  decision_id: row.decision_id,
  approval_id: row.approval_id,
  policy_version: row.policy_version,
  request_hash: row.request_hash,
  result_hash: row.result_hash,
  state: row.state,
  facts: row.facts,
  created_at: row.created_at,
  previous_hash: row.previous_hash,
  hash: row.hash,
})
