import type { RunId, TenantId } from '#domain/ids'
import type { Task } from '#domain/task'
import type { Sign } from '#execution-plane/context'
import type { Clock, Policy, Redactor, StepJournal } from '#ports'
import type { McpConfiguration } from './configuration.ts'
import type { ServerGround } from './open-server.ts'

/** What the gateway needs of the installation. */
export interface McpGatewayDependencies extends ServerGround {
  readonly policy: Policy
  readonly redactor: Redactor
  /** What GANDER_HOME/mcp.yaml says now; a repository's own files are never asked. */
  configuration(): Promise<McpConfiguration>
  /** The canonical offer that was kept when the server was pinned. */
  pinned(server: string): Promise<string | undefined>
}

/** The one run that foreign tools are bound to. */
export interface McpHost {
  readonly run_id: RunId
  readonly tenant_id: TenantId
  readonly task: Task
  /** The policy of the run; absent: the installation's. */
  readonly policy?: Policy
  readonly journal: StepJournal
  readonly signal: AbortSignal
  /** Asked before each act; throws where the run may not act any more. Absent means that it always may. */
  leave?(): Promise<void>
  readonly clock: Clock
  /** Absolute folder of the run; each server gets an empty one below it. */
  readonly folder: string
  /** The run's signature for delimiters, once there is one. */
  sign?(): Sign | undefined
}
