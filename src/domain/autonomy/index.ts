/** Autonomy: how far a run may reach, by the lowest of its caps, and what earns more; pure answers over figures. */
export { capReach, reachOfTier, REACHES, type ReachCap, type ReachGrant } from './reach.ts'
export { gateStrengthCap, onboardingCap, phaseCap } from './caps.ts'
export { earnedLevel, type AutonomyFigures } from './earned-level.ts'
export { lowerBound, upperBound } from './bounds.ts'
export {
  ROLLOUT_PHASES,
  unmetCriteria,
  weighCriteria,
  type PhaseNumber,
  type RolloutFigures,
  type WeighedCriterion,
} from './rollout.ts'
