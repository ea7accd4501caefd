import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GanderError } from '#domain/failure'
import type { Forge, PullRequestIntent } from '#ports'
import { folderNameOf, PullRequestRecords } from '../records/index.ts'
import { BareRepository } from './bare-repository.ts'

/**
 * A forge in a folder: home/forge/NAME.git takes the branches, home/forge/NAME/pulls holds the pull requests, each as
 * JSON and as a page of Markdown that its `url` opens.
 */
export function createLocalForge(options: { readonly home: string }): Forge {
  const root = join(options.home, 'forge')
  const pulls = (repository: string) => join(root, folderNameOf(repository), 'pulls')
  const recordsOf = (repository: string) => new PullRequestRecords(pulls(repository))
  const bareOf = (repository: string) => new BareRepository(join(root, `${folderNameOf(repository)}.git`))
  return {
    name: 'local',
    async pushAddress(repository) {
      const bare = bareOf(repository)
      await bare.ensure(repository)
      return bare.path
    },
    // A folder of this machine, written without a token.
    pushLimits: () => Promise.resolve({ unpushable: [], because: '' }),
    findPullRequest: (repository, key) => recordsOf(repository).find(key),
    removeBranch: (repository, branch, commit) => bareOf(repository).remove(`refs/heads/${branch}`, commit),
    listPullRequests: (repository) => recordsOf(repository).list(),
    async openPullRequest(intent) {
      const records = recordsOf(intent.repository)
      if ((await records.find(intent.idempotency_key)) === undefined)
        await requireBranch(bareOf(intent.repository), intent)
      return records.make(intent, (number) => pathToFileURL(join(pulls(intent.repository), `${number}.md`)).href)
    },
  }
}

/** A pull request needs its branch at its commit, and shows it against the commit it was made from. */
async function requireBranch(bare: BareRepository, intent: PullRequestIntent): Promise<void> {
  const held = await bare.commitOf(`refs/heads/${intent.head_branch}`)
  if (held !== intent.head_commit)
    throw new GanderError(
      'publication_failed',
      `The local forge has ${intent.head_branch} ${held === undefined ? 'not at all' : `at ${held}`}, not at ${intent.head_commit}.`,
      { facts: { repository: intent.repository, branch: intent.head_branch }, retryable: true },
    )
  if ((await bare.commitOf(`refs/heads/${intent.base_branch}`)) === undefined)
    await bare.point(`refs/heads/${intent.base_branch}`, intent.base_commit)
  await bare.defaultTo(intent.base_branch)
}
