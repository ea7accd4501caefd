/**
 * What a task is shown of code: which files and functions are likely, what of them fits a number of tokens, what the maps
 * say on one page. Decides how room is shared among files and what is told where an index comes late or not at all; owns
 * the shelf of commits that were looked at lately. What is not known is said, and never ends a run.
 */
export { createCodeShelf, type CodeShelf, type CommitSource } from './code-shelf.ts'
export { mapOfNames } from './map-text.ts'
export { packSlices, SHARES, type Shares } from './pack-slices.ts'
export { viewCode, type CodeView } from './view-code.ts'
