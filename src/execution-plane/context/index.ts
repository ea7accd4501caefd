/**
 * Context: what a model is told. Decides which items fit a budget and in which order, what is kept back, labels each
 * with source, commit, lines, trust, class and hash, and passes all text that is data through one door that shows what
 * it hides, names what reads like orders and wraps it in delimiters nobody outside can guess.
 * Owns the system prompt, the openings of the phases, the manifest's making and the estimate of tokens.
 */
export { buildContext, DEFAULT_CONTEXT_TOKENS, type ContextRequest } from './build-context.ts'
export type { CodeSlice } from './code-slice.ts'
export type { ContextNote } from './context-note.ts'
export { keptBackFile, withoutRows } from './data-class/keep-back.ts'
export { openingForEditing, openingForRepair, PROMPT_CONTRACT_VERSION } from './openings.ts'
export { summariseReport } from './summarise-report.ts'
export { SYSTEM_PROMPT_VERSION } from './system-prompt.ts'
export { tokenCounterOf, type TokenCounter } from './tokens/token-counter.ts'
export { flagText } from './untrusted/flag-text.ts'
export { createFlagging, createWrapper, plain, showToolAnswer, type Sign } from './untrusted/wrap-untrusted.ts'
