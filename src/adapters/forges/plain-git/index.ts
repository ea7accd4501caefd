/** A git remote without pull requests: branches go to the repository itself, the pull request is kept here. */
export { createPlainGitForge } from './plain-git-forge.ts'
