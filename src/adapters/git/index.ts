/**
 * Repositories by the git command line: decides what of a source is imported (one pinned commit, checked), keeps it in a
 * trusted GIT_DIR per run, turns what a sandbox wrote into trees without running git on it, and pushes one commit.
 */
export { createRepositories } from './repositories.ts'
export { createCodeReader } from './source/code-at-commit.ts'
