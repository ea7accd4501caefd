/**
 * Where the ledger is witnessed outside the database: the key that signs its checkpoints (GANDER_HOME, 0600), and the
 * two kinds of places that keep them, a folder and a git repository. Both only ever add.
 */
export { createFolderPlace } from './folder-place.ts'
export { createGitPlace } from './git-place.ts'
export { openLedgerKey, trustedKeys, verifierOf } from './ledger-key.ts'
