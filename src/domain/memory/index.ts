/**
 * Memory: what runs learnt about a repository, small and reviewed. Decides what an entry is worth (trust, confidence,
 * flags), how long it holds and how much of it there may be. Nothing here ever counts as an instruction.
 */
export {
  MEMORY_KINDS,
  MEMORY_LIMITS,
  MEMORY_STATES,
  type ApprovedMemory,
  type MemoryEntry,
  type MemoryKind,
  type MemoryProposal,
  type MemoryState,
} from './memory.ts'
export { canonicalMemory, confidenceOf, lowestTrust, memoryFlags, type MemoryFlag } from './weigh-memory.ts'
