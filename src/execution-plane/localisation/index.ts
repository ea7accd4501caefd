/**
 * Localisation: which files and functions an issue is about, told without a model. Decides by what the issue says, names
 * and shows against the code index of one commit and the changes before it; owns the features and their weights.
 */
export { localise } from './localise.ts'
export { ASKED_BY_MEANING, rankByMeaning } from './by-meaning.ts'
export { createVectorFolder } from './vector-folder.ts'
export { candidatesOf, FEATURES, type Feature } from './features.ts'
export { readIssue } from './issue.ts'
