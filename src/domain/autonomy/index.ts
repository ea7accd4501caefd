/** Autonomy: how far a run may reach, by the lowest of its caps, and what earns more; pure answers over figures. */
export { capReach, reachOfTier, REACHES, type CapSource, type Reach, type ReachCap, type ReachGrant } from './reach.ts'
export { gateStrengthCap, onboardingCap, phaseCap } from './caps.ts'
export { earnedLevel, LEVEL_CRITERIA, type AutonomyFigures } from './earned-level.ts'
export { lowerBound, upperBound, type Share } from './bounds.ts'
export {
  ROLLOUT_PHASES,
  unmetCriteria,
  weighCriteria,
  type Criterion,
  type PhaseNumber,
  type RolloutFigures,
  type RolloutPhase,
  type WeighedCriterion,
} from './rollout.ts'
