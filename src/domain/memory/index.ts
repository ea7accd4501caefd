/**
 * Memory: what runs learnt about a repository, small and reviewed. Decides what an entry is worth (trust, confidence,
 * flags), how long it holds and how much of it there may be. Nothing here ever counts as an instruction.
 */
export { lessonsOf, type Attempt } from './lessons.ts'
export { repeatedRequests, type PersonsRequest } from './repeated-request.ts'
export {
  MEMORY_KINDS,
  MEMORY_LIMITS,
  MEMORY_STATES,
  SINGLE_KINDS,
  type ApprovedMemory,
  type MemoryEntry,
  type MemoryKind,
  type MemoryProposal,
  type MemoryState,
} from './memory.ts'
export { beyondFacts, canonicalMemory, confidenceOf, isAtLeast, lowestTrust } from './weigh-memory.ts'
