/**
 * Decides nothing: makes known-bad changes of tests, so that gates can be measured. Owns the ways to tamper with tests;
 * each takes the texts of files and a seed and gives the changed ones, or nothing where it does not apply.
 */
export { TAMPER_MUTATORS } from './tamper-mutators.ts'
export { DISGUISED_TAMPERS } from './disguised-tampers.ts'
export type { TamperMutator } from './tampered-test.ts'
