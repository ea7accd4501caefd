/**
 * Memory: what becomes of what runs want remembered. Decides what may be proposed at all, weighs it (trust, flags) and
 * holds each review to the text that was shown. Nothing is used before a person let it in.
 */
export { createMemory } from './create-memory.ts'
