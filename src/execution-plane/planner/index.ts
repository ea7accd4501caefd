/**
 * The planner: decides whether a plan is good enough to edit by, against the quality rules and against the contract of
 * the task; foresees whether the contract fits the likely files before a token is spent; and writes a plan out, for people
 * and for the agent. Owns the rules and the plan's record; the tool gateway stores the plan itself.
 */
export { checkPlan } from './check-plan.ts'
export { foreseeScope, reachesForge, type ScopeFinding } from './foresee-scope.ts'
export type { LikelyFile, PlanGround } from './plan-ground.ts'
export { recordPlan } from './record-plan.ts'
export { renderPlan } from './render-plan.ts'
