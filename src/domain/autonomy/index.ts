/** Autonomy: how far a run may reach and which level it has, by the lowest of its caps, and what earns more. Pure. */
export { approvalsToPublish } from './approvals-to-publish.ts'
export { capReach, reachOfTier, REACHES, type Reach, type ReachCap, type ReachGrant } from './reach.ts'
export { gateStrengthCap, onboardingCap, phaseCap, riskCap } from './caps.ts'
export {
  capLevel,
  gateStrengthLevelCap,
  onboardingLevelCap,
  riskLevelCap,
  type LevelCap,
  type LevelGrant,
} from './level-caps.ts'
export {
  caughtByAll,
  demotedLevelCap,
  demotedReachCap,
  strengthOf,
  type GateCount,
  type GateStrength,
} from './gate-strength.ts'
export { earnedLevel, type AutonomyFigures } from './earned-level.ts'
export { lowerBound, upperBound, type Share } from './bounds.ts'
export {
  brokenFloors,
  type BrokenFloor,
  ROLLOUT_PHASES,
  unmetCriteria,
  weighCriteria,
  type PhaseNumber,
  type RolloutFigures,
  type WeighedCriterion,
} from './rollout.ts'
