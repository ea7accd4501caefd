import type { ModelApi } from '#domain/task'
import type { AgentPhase } from '#domain/tool'
import type { AgentTools } from './agent.ts'
import type { ReadOnlyView } from './sandbox-driver.ts'

/** A coding agent's program as it was found. */
export interface FoundGuest {
  readonly id: string
  /** As the program itself says. */
  readonly version: string
  /** How it is started inside a sandbox, without its arguments. */
  readonly argv: readonly string[]
  /** What the sandbox must show for it to start. */
  readonly read_only: readonly ReadOnlyView[]
}

/** What is known about one guest on this machine, for `gander agents`. */
export interface GuestSighting {
  readonly id: string
  /** The wire formats it speaks, the preferred one first. */
  readonly apis: readonly ModelApi[]
  readonly found: FoundGuest | null
  /** Absolute path of its program on this machine; null where there is none. */
  readonly where: string | null
  /** Why it was not found, or does not answer, and what to do. */
  readonly reason: string | null
}

/** Finds coding agents' programs; none is a dependency, and none is ever started outside a sandbox except to tell its version. */
export interface Guests {
  find(id: string): Promise<GuestSighting>
  list(): Promise<readonly GuestSighting[]>
}

/** A run's own tools, offered to its guest for one start. */
interface GuestToolOffer {
  readonly tools: AgentTools
  readonly phase: AgentPhase
  /** A fresh key of the run's journal for each call. */
  readonly nextKey: () => string
}

/** Where a guest finds the tools of its run: a server of the Model Context Protocol over HTTP. */
export interface GuestToolDoor {
  /** Absolute path of the unix socket that a sandbox door ends at. */
  readonly socket: string
  /** Sent as a bearer token with every request; worth nothing anywhere else. */
  readonly token: string
  /** Breaks off what is open; a call that acts already is its tools' to wait for. */
  close(): Promise<void>
}

/** Offers guests the platform's own tools: verify, and reading the repository. */
export interface GuestToolDesk {
  open(offer: GuestToolOffer): Promise<GuestToolDoor>
}
