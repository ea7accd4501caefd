import { join } from 'node:path'
import type { Forge } from '#ports'
import { folderNameOf, PullRequestRecords } from '../records/index.ts'

/** Pushes to the repository itself; the record's `url` names the branch there. */
export function createPlainGitForge(options: { readonly home: string }): Forge {
  const recordsOf = (repository: string) =>
    new PullRequestRecords(join(options.home, 'forge', 'plain-git', folderNameOf(repository), 'pulls'))
  return {
    name: 'plain-git',
    pushAddress: (repository) => Promise.resolve(repository),
    findPullRequest: (repository, key) => recordsOf(repository).find(key),
    openPullRequest: (intent) =>
      recordsOf(intent.repository).make(intent, () => `${intent.repository}#${intent.head_branch}`),
    listPullRequests: (repository) => recordsOf(repository).list(),
  }
}
