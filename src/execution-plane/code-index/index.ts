/**
 * The code index: which words, declarations and imports every file of a commit holds, kept by content so that a new
 * commit costs what it changed. Decides how files are cut into chunks and words into terms; owns the format of segments
 * and the threads that make them. Runs nothing of a repository.
 */
export { indexCommit, CodeIndex, type IndexedFile } from './code-index.ts'
export { putWhole } from './put-whole.ts'
export { createSegmentFolder, type SegmentStore } from './segment-store.ts'
export type { IndexedSymbol } from './segment.ts'
export { isForeign, isTest } from './paths.ts'
export { unreadBecause } from './indexable.ts'
export { termsOf, wordsIn } from './words.ts'
