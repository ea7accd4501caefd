import type { ReadOnlyView, SandboxDoor } from './sandbox-driver.ts'

/** How much one setup may fetch; 0 means none. */
export interface EgressBudget {
  readonly requests: number
  readonly bytes: number
  /** Different addresses that the registry answered with "not found": the channel of made-up names. */
  readonly misses: number
}

export const DEFAULT_EGRESS_BUDGET: EgressBudget = { requests: 20_000, bytes: 4 * 1024 ** 3, misses: 200 }

/** Why a request did not leave. */
export type EgressRule =
  | 'egress.host'
  | 'egress.address'
  | 'egress.method'
  | 'egress.path'
  | 'egress.redirect'
  | 'egress.budget'
  | 'egress.size'
  | 'egress.time'

export interface EgressRefusal {
  /** As asked for, at most 255 characters. */
  readonly host: string
  readonly rule: EgressRule
  /** What was asked, without query, credentials and body; at most 200 characters. */
  readonly detail: string
  readonly count: number
}

/** What went through a door and what did not. */
export interface EgressReport {
  readonly requests: number
  readonly bytes: number
  readonly misses: number
  /**
   * Upper bound of what the requests that left could have told an observer: paths by character, methods, and the pauses
   * between them by the millisecond. A covert channel holds no more.
   */
  readonly covert_bits: number
  readonly refused: readonly EgressRefusal[]
}

/** One run's way to package registries. */
export interface RegistryDoor {
  readonly door: SandboxDoor
  /** Variables for commands behind the door: the proxy's address, whom to trust, which registries. */
  readonly environment: { readonly [name: string]: string }
  /** Files those variables name. */
  readonly files: readonly ReadOnlyView[]
  /**
   * Files among those that tools look for below the home folder. A setup copies them there, because what it fetched is
   * kept under the registries' names and later phases have no door. Absent means none; they hold no credential.
   */
  readonly home_files?: readonly { readonly inner: string; readonly home: string }[]
  report(): EgressReport
  close(): Promise<void>
}

/** Reads packages for setups: GET and HEAD, hosts by name, paths by grammar, nobody's credentials from inside. */
export interface RegistryProxy {
  /** Listens at a socket of its own below `folder` (absolute, made if missing). */
  open(wish: {
    readonly run_id: string
    readonly folder: string
    /** Hosts that profile, lockfiles and approvals name; ports and private addresses only where the machine's own configuration has them. */
    readonly hosts: readonly string[]
    readonly budget: EgressBudget
  }): Promise<RegistryDoor>
}
