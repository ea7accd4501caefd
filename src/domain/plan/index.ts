/** What an agent intends to do before its first edit, and the rules a plan must meet. */
export type { Plan, PlanStep } from './plan.ts'
export { planDefects, type PlanDefect } from './plan-defects.ts'
