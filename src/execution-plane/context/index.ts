/**
 * Context: what a model is told. Decides which items fit a budget and in which order, labels each with source, commit,
 * lines, trust and hash, and wraps all text that is data in delimiters nobody outside can guess.
 * Owns the system prompt, the openings of the phases and the manifest.
 */
export { buildContext, type ContextRequest } from './build-context.ts'
export { openingForEditing, openingForRepair, PROMPT_CONTRACT_VERSION } from './openings.ts'
export { summariseReport } from './summarise-report.ts'
export { SYSTEM_PROMPT_VERSION } from './system-prompt.ts'
export { createWrapper, type Sign } from './wrap-untrusted.ts'
