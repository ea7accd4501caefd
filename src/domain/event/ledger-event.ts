import type { DecisionId, EventId, RunId, TenantId } from '../ids/index.ts'
import type { JsonObject } from '../json/index.ts'
import { EVENT_FIELDS } from './event-catalogue.ts'

export type EventName = keyof typeof EVENT_FIELDS

/** What a room wants remembered: hashes and facts only, payloads are artifacts. */
export interface EventDraft {
  readonly event: EventName
  /** The fields of the catalogue for this event, and no secret. */
  readonly facts: JsonObject
  readonly actor_type?: 'service' | 'person' | 'agent'
  readonly actor?: string
  readonly resource_type?: string
  readonly resource_id?: string
  readonly decision?: 'allowed' | 'denied' | 'asked' | null
  readonly decision_id?: DecisionId | null
  readonly approval_id?: string | null
  readonly policy_version?: string | null
  readonly request_hash?: string | null
  readonly result_hash?: string | null
}

/** One link of a tenant's chain, as it is stored and hashed. */
export interface LedgerEvent {
  readonly audit_id: EventId
  readonly tenant_id: TenantId
  /** Position in the tenant's chain, from 1 without gaps. */
  readonly seq: number
  readonly run_id: RunId | null
  /** Position in the run, from 1 without gaps; null for events of no run. */
  readonly run_seq: number | null
  readonly event: EventName
  readonly actor_type: 'service' | 'person' | 'agent'
  readonly actor: string
  readonly resource_type: string
  readonly resource_id: string
  readonly decision: 'allowed' | 'denied' | 'asked' | null
  readonly decision_id: DecisionId | null
  readonly approval_id: string | null
  readonly policy_version: string | null
  readonly request_hash: string | null
  readonly result_hash: string | null
  readonly state: string | null
  readonly facts: JsonObject
  /** RFC 3339 in UTC with milliseconds, the database's time. */
  readonly created_at: string
  readonly previous_hash: string
  readonly hash: string
}

/** Names the fields an event owes but lacks; an empty list means it may be appended. */
export const missingFields = (draft: EventDraft): readonly string[] =>
  EVENT_FIELDS[draft.event].filter((field) => draft.facts[field] === undefined)
