import type { Sandbox, SandboxDriver, SandboxSpec } from '#ports'
import type { SandboxGround } from '../../support/sandbox-fixtures.ts'

/** What the parts of the suite share. */
export interface SandboxWorld {
  ground(): SandboxGround
  driver(): SandboxDriver
  /** A second driver over the same home, as another worker has it. */
  another(): SandboxDriver
  /** A sandbox that is closed after the test. */
  opened(changes?: Partial<SandboxSpec>): Promise<Sandbox>
  /** True for a control that the driver's own probe found held. */
  has(control: string): boolean
  /** A program that takes home, specification and mark, opens a sandbox, prints a line and runs `sleep MARK` in it. */
  readonly worker: string | undefined
}
