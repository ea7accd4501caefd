/**
 * Where the ledger is witnessed outside the database: the two kinds of places that keep its signed checkpoints, a folder
 * and a git repository. Both only ever add.
 */
export { createFolderPlace } from './folder-place.ts'
export { createGitPlace } from './git-place.ts'
