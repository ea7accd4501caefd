/**
 * Decides how far a verification goes and whether its tests are strong: the plan by risk, which rungs a repository has,
 * the tests of the base commit against the proposed sources, what changed lines tests reach and which planted defects
 * they notice. Owns the `test_strength` gate and the table of what was run and what was not, with the reason.
 */
export { asksForOtherBehaviour } from './asks-for-behaviour.ts'
export { bentTests, composeBaseTests, readTestsOfChange, type TestsOfChange } from './base-tests.ts'
export { askedByRepository, drawPlan, partOfProfile } from './draw-plan.ts'
export { findRungs, type FoundRung } from './find-rungs.ts'
export { judgeStrength } from './judge-strength.ts'
export { planRows } from './plan-rows.ts'
export { makingPhases } from './trial-ground.ts'
export { tryMutants, type Trials } from './try-mutants.ts'
