/**
 * Repository intelligence: what a repository is made of and where a task probably lives, read from one commit's tree
 * without running anything. Decides relevance lexically and deterministically; a map is navigation, never proof.
 */
export { mapRepository, type RepositoryMap } from './map-repository.ts'
export { findRelevant, type FileSlice } from './find-relevant.ts'
export type { RepositoryFiles } from './repository-files.ts'
export { createWordMemory, type WordMemory } from './word-memory.ts'
