/**
 * Plants defects in sources: which small changes of meaning a line allows, read from its syntax tree, and which few of
 * them are tried. Owns the operators and the choice, which is the same for the same tree. Whether tests notice a mutant
 * is not decided here.
 */
export { chooseMutants, mutated, type Mutant } from './choose-mutants.ts'
export { findMutants, MUTATED_LANGUAGES, shownText } from './find-mutants.ts'
