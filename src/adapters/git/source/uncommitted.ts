import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runGit } from '../transport/run-git.ts'
import { writeTrustedRepository } from '../objects/trusted-repository.ts'
import type { LocalCheckout } from './local-checkout.ts'

const TIMEOUT_MS = 20_000
const MOST = 1000

/**
 * Paths of a user's checkout that differ from its HEAD, untracked ones included, at most 1,000. The comparison runs in a
 * trusted repository of our own over a copy of the index, so that nothing the checkout configures (fsmonitor, filters,
 * hooks) is run and nothing in it is written. What cannot be compared gives no paths: this is a notice, not a gate.
 */
export async function uncommittedPaths(
  checkout: LocalCheckout,
  commit: string,
  scratch: string,
): Promise<readonly string[]> {
  if (checkout.bare) return []
  await mkdir(scratch, { recursive: true, mode: 0o700 })
  const git_dir = await mkdtemp(join(scratch, 'look-'))
  try {
    await writeTrustedRepository(git_dir, commit.length)
    await writeFile(join(git_dir, 'HEAD'), `${commit}\n`)
    await copyIndex(checkout, git_dir)
    const outcome = await runGit({
      args: ['status', '--porcelain=v1', '-z', '--no-renames', '--ignore-submodules=all', '--untracked-files=normal'],
      git_dir,
      cwd: checkout.top,
      env: {
        GIT_WORK_TREE: checkout.top,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: join(checkout.common_dir, 'objects'),
      },
      timeout_ms: TIMEOUT_MS,
    })
    return outcome.exit_code === 0 ? parseStatus(outcome.stdout.toString('utf8')) : []
  } finally {
    await rm(git_dir, { recursive: true, force: true })
  }
}

async function copyIndex(checkout: LocalCheckout, git_dir: string): Promise<void> {
  await copyFile(join(checkout.git_dir, 'index'), join(git_dir, 'index')).catch(() => undefined)
  const shared = await runGit({
    args: ['-C', checkout.git_dir, 'rev-parse', '--path-format=absolute', '--shared-index-path'],
    git_dir: null,
    settings: [['safe.directory', '*']],
  })
  const path = shared.stdout.toString('utf8').trim()
  if (shared.exit_code === 0 && path !== '') await copyFile(path, join(git_dir, path.slice(path.lastIndexOf('/') + 1)))
  const exclude = await readFile(join(checkout.common_dir, 'info', 'exclude')).catch(() => undefined)
  if (exclude !== undefined) await writeFile(join(git_dir, 'info', 'exclude'), exclude)
}

const parseStatus = (text: string): readonly string[] =>
  text
    .split('\0')
    .filter((entry) => entry.length > 3)
    .slice(0, MOST)
    .map((entry) => entry.slice(3))
