import type { CapabilityContract } from '#domain/capability'
import type { TenantId } from '#domain/ids'
import type { CapabilityGrant } from '#domain/task'

/** `active` may be used; a `disabled` one is refused for new runs, and ends queued ones before they work. */
type CapabilityState = 'active' | 'disabled'

/** What a tenant has on record about a capability. */
export interface CapabilityRecord {
  readonly id: string
  readonly state: CapabilityState
  /** Hash of the contract as it was when it was last admitted or moved. */
  readonly hash: string
  readonly owner: string
  readonly changed_by: string
  readonly changed_at: string
  /** Why the state is what it is; empty where nobody moved it. */
  readonly reason: string
}

/** One move of a capability's state. */
interface CapabilityMove {
  readonly id: string
  readonly state: CapabilityState
  readonly hash: string
  readonly owner: string
  readonly by: string
  readonly reason: string
}

/** Capabilities on record. Every write is one transaction with its event in the tenant's chain. */
export interface CapabilityRecords {
  records(tenant: TenantId): Promise<readonly CapabilityRecord[]>
  record(tenant: TenantId, id: string): Promise<CapabilityRecord | undefined>
  /** Puts a contract on record as it is now; one that is there already under the same hash leaves everything as it is. */
  register(tenant: TenantId, contract: Pick<CapabilityMove, 'id' | 'hash' | 'owner' | 'by'>): Promise<CapabilityRecord>
  move(tenant: TenantId, move: CapabilityMove): Promise<CapabilityRecord>
}

/** A capability as people and the API see it. */
export interface CapabilityView {
  readonly id: string
  /** `invalid`: its file does not hold, and nothing runs under it. */
  readonly state: CapabilityState | 'invalid'
  readonly origin: 'built_in' | 'operator'
  /** Below GANDER_HOME for an operator's own; the id for a built-in one. */
  readonly file: string
  /** Null where the file does not hold. */
  readonly contract: CapabilityContract | null
  readonly grant: CapabilityGrant | null
  /** What is wrong with the file, with field and line. */
  readonly problems: readonly string[]
  readonly record: CapabilityRecord | null
}

/** The registry as one tenant has it. */
export interface TenantCapabilities {
  list(): Promise<readonly CapabilityView[]>
  view(id: string): Promise<CapabilityView | undefined>
  /** @throws GanderError `capability_unknown` */
  setState(id: string, move: Pick<CapabilityMove, 'state' | 'by' | 'reason'>): Promise<CapabilityView>
}

/** The registry of an installation: contracts from files, their states from the record. */
export interface Capabilities {
  list(tenant: TenantId): Promise<readonly CapabilityView[]>
  view(tenant: TenantId, id: string): Promise<CapabilityView | undefined>
  /**
   * The grant of a capability for a run that is about to be accepted.
   * @throws GanderError `capability_unknown`, `capability_disabled`, `capability_invalid`
   */
  admit(tenant: TenantId, id: string, by: string): Promise<CapabilityGrant>
  /** @throws GanderError `capability_unknown` */
  setState(tenant: TenantId, id: string, move: Pick<CapabilityMove, 'state' | 'by' | 'reason'>): Promise<CapabilityView>
}
