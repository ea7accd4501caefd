import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gitOutput, runGit } from '../transport/run-git.ts'

/**
 * The tree that a unified diff makes of another one; undefined where it does not apply. Written into the repository's
 * objects alone: an index of its own, no work tree, no fuzz. Git itself refuses paths that leave the tree or enter .git.
 */
export async function applyPatch(git_dir: string, over: string, patch: Uint8Array): Promise<string | undefined> {
  const index = join(git_dir, `index-${randomBytes(4).toString('hex')}`)
  const env = { GIT_INDEX_FILE: index }
  try {
    await gitOutput({ args: ['read-tree', over], git_dir, env })
    const args = ['apply', '--cached', '--whitespace=nowarn', '-p1', '-']
    const applied = await runGit({ args, git_dir, env, input: patch })
    if (applied.exit_code !== 0) return undefined
    return (await gitOutput({ args: ['write-tree'], git_dir, env })).toString('utf8').trim()
  } finally {
    await rm(index, { force: true })
  }
}
