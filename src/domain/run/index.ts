/** The run: its lifecycle table, what it may become and why not, and how its facts fold into its present form. */
export type { RunCommand, RunEvent, RunRefusal } from './command.ts'
export { decide } from './decide.ts'
export { evolve } from './evolve.ts'
export { GUARDS } from './guards.ts'
export {
  FROM_ANY_ACTIVE,
  isActive,
  isEnd,
  RUN_LIFECYCLE,
  RUN_STATES,
  successors,
  type EndState,
  type RunState,
  type WorkState,
} from './lifecycle.ts'
export { HEARTBEAT_MS, LEASE_MS } from './lease-times.ts'
export {
  queuedRun,
  type Lease,
  type NewRun,
  type PauseReason,
  type Reproduction,
  type Run,
  type RunFacts,
} from './run.ts'
