/**
 * Calibration: tries the gates on changes that are known to be bad or honest and says what share each one catches; asks a
 * model about judged cases and says how often it is right. Owns the sabotage, the readers of the sets and the figures.
 * Where a gate's floor is and what being below it means is the domain's word.
 */
export { calibrateGates, joinCalibrations, type Calibration, type Trial } from './calibrate-gates.ts'
export { calibrateJudge } from './calibrate-judge.ts'
export { gatesOf, sourcesOf, type GateGround } from './gates-of-tree.ts'
export { proofGatesOf, type ProofGround } from './proof/proof-gates.ts'
export { PROOF_PROJECTS, readProof, type ProofChange } from './proof/read-proof.ts'
export { provedChanges, unproved } from './proof/sabotage-of-proof.ts'
export { readJudgeCase } from './read-judge-case.ts'
export { commentsIn, readHonest } from './read-honest.ts'
export { defectsIn } from './sabotage-of-code.ts'
export { DEPENDENCIES } from './sabotage-of-dependencies.ts'
export { BOUNDARY, PROTECTED, SECRETS, SPECIAL } from './sabotage-of-paths.ts'
export { TAMPERS } from './sabotage-of-tests.ts'
