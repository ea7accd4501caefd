import type { RunId, TaskId, TenantId } from '#domain/ids'
import type { JsonObject } from '#domain/json'
import type { RunMode } from '#domain/task'

/** By what a change is known: its run, a commit, the address of its pull request, or its branch. */
export type ChangeName =
  | { readonly run: RunId }
  | { readonly commit: string }
  | { readonly pull_request: string }
  | { readonly branch: string }

/** A person on whose word something was done. */
interface NamedPerson {
  readonly name: string
  /** Absent from the record of people: null. */
  readonly principal_id: string | null
}

/** Who caused a change: the six layers of identity, as they are on record. */
export interface ChangeOrigin {
  readonly run_id: RunId
  readonly task_id: TaskId
  readonly state: string
  /** The human requester: who asked, for what, from where. */
  readonly requester: NamedPerson & {
    readonly request_id: string
    readonly source: string
    readonly source_url: string | null
    readonly title: string
    readonly requested_at: string
  }
  /** The agent definition: which agent under which capability, and the versions of policy that answered it. */
  readonly agent: {
    readonly capability: string
    readonly mode: RunMode
    readonly definition: JsonObject
    readonly policy_versions: readonly string[]
  }
  /** The runtime instance: which workers held the run, in which sandboxes. */
  readonly runtime: {
    readonly workers: readonly { readonly worker: string; readonly fence: number; readonly at: string }[]
    readonly sandboxes: readonly {
      readonly sandbox_id: string
      readonly driver: string
      readonly fingerprint: string
    }[]
  }
  /** The tools and models that were called, with how often. */
  readonly tools: readonly {
    readonly kind: 'tool' | 'model'
    readonly name: string
    readonly version: string | null
    readonly calls: number
  }[]
  /** The scoped credentials that were used, by their name and never by their value. */
  readonly credentials: readonly { readonly scope: string; readonly used_for: string }[]
  /** Who authorised what was gated. */
  readonly approvers: readonly (NamedPerson & {
    readonly approval_id: string
    readonly decision: string
    readonly action: string
    readonly reason: string | null
    readonly decided_at: string
  })[]
  /** What came of it; null where there is none. */
  readonly change: {
    readonly repository: string
    readonly base_commit: string | null
    readonly tree: string | null
    readonly branch: string | null
    readonly commit: string | null
    readonly pull_request: string | null
    readonly packet_sha256: string | null
  }
}

/** Answers who caused a change, for one tenant. */
export interface Provenance {
  /** The runs that made it, the newest first; none where nothing of the tenant is known by that name. */
  whoCaused(tenant: TenantId, change: ChangeName): Promise<readonly ChangeOrigin[]>
}
