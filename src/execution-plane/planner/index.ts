/**
 * The planner: decides whether a plan is good enough to edit by, against the quality rules and against the contract of
 * the task, and writes a plan out for people and for the agent. Owns no plan; the tool gateway stores it.
 */
export { checkPlan } from './check-plan.ts'
export { renderPlan } from './render-plan.ts'
