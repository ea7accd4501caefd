import type { Sandbox, SandboxDriver, SandboxSpec } from '#ports'
import type { SandboxGround } from '../../support/sandbox-fixtures.ts'

/** Commands that are ended while they start, at times spread from none to each of `longest_ms`. */
export interface StartCuts {
  readonly at_once: number
  /** Before, into and after the time that starting takes, on a quiet machine and on a busy one. */
  readonly longest_ms: readonly number[]
}

/** What the parts of the suite share. */
export interface SandboxWorld {
  ground(): SandboxGround
  driver(): SandboxDriver
  /** A second driver over the same home, as another worker has it. */
  another(): SandboxDriver
  /** A driver of another home. */
  driverAt(home: string): SandboxDriver
  /** A sandbox that is closed after the test. */
  opened(changes?: Partial<SandboxSpec>): Promise<Sandbox>
  /** One sandbox for every test that leaves it as usable as it was; an engine takes most of a second to open another. */
  shared(purpose?: 'work' | 'setup'): Promise<Sandbox>
  /** True for a control that the driver's own probe found held. */
  has(control: string): boolean
  /** See `DriverParts`. */
  readonly worker: readonly string[]
  readonly cuts: StartCuts
}
