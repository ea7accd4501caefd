/** Workflow profiles: what a gate's no leads to in each phase, where a person is asked to go on, and how long for. */
export {
  type CheckpointPhase,
  type CheckpointRule,
  type Disposition,
  type GateAuthority,
  type GateNumbers,
  LEVEL_NAMES,
  type WorkflowPhase,
  type WorkflowProfile,
  CHECKPOINT_PHASES,
} from './profile.ts'
export { atMostLevel } from './at-most-level.ts'
export { BUILT_IN_PROFILES } from './built-in-profiles.ts'
export { ALWAYS_ABORT, dispositionOf } from './disposition.ts'
export { tooManyFiles, unmetByReview, unmetByTests } from './unmet-numbers.ts'
