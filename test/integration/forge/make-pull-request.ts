import process from 'node:process'
import { createPlainGitForge } from '#adapters/forges/plain-git'

/** Started by the test as a process of its own: opens pull requests for the keys it is given, and prints their numbers. */
const [home = '', ...keys] = process.argv.slice(2)
const forge = createPlainGitForge({ home })
for (const key of keys) {
  const made = await forge.openPullRequest({
    idempotency_key: key,
    repository: 'https://example.org/repo.git',
    title: `for ${key}`,
    body: 'body',
    head_branch: `gander/${key}`,
    base_branch: 'main',
    head_commit: 'a'.repeat(40),
    base_commit: 'b'.repeat(40),
    draft: true,
    labels: [],
  })
  process.stdout.write(`${key} ${made.number}\n`)
}
