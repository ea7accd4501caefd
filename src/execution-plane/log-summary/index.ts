/**
 * Decides which lines of a log tell why a build failed, what kind of failure it is and where to look first. Owns reading
 * logs of any size in bounded memory and linear time, the signs of failures, and the learnt scorer of lines.
 */
export { causesIn, collectCauses, isForeign, saysError } from './causes.ts'
export { COMPILE, LOAD, NO_TESTS } from './classify.ts'
export { summariseLog, summariseText } from './summarise-log.ts'
export { FEATURES, featuresOf } from './line-features.ts'
export { keptLines, tellingRows } from './summarise-log.ts'
export { LogKeeper } from './keep-lines.ts'
export type { Forest } from './forest.ts'
export type { KeptLine } from './kept-line.ts'
