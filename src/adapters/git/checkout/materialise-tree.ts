import { storageFailure } from '#domain/failure'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { removeAbandoned } from '../storage.ts'
import { brokenGit, runGit, type GitCall } from '../transport/run-git.ts'
import { listTree } from './list-tree.ts'
import { refuseUnfit, type CheckoutLimits } from './fit-for-checkout.ts'

/** Where a tree comes from, as people know it. */
export interface TreeOrigin {
  readonly git_dir: string
  readonly shown: string
}

/**
 * The tree as a folder under home/cache/trees, made once and never written again. Blobs are written as they are (no
 * filter, line ending or encoding applies), links as links, with the widest modes below a folder that only this user may
 * enter, so that a sandbox's own uid can change its copies. It appears whole, by a rename, or not at all.
 */
export async function materialiseTree(
  cache: string,
  origin: TreeOrigin,
  tree: string,
  limits: CheckoutLimits,
): Promise<string> {
  const finished = join(cache, tree)
  if (await isFolder(finished)) return finished
  refuseUnfit(await listTree(origin.git_dir, tree), origin.shown, limits)
  const building = join(cache, `.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 })
    await removeAbandoned(cache)
    await mkdir(join(building, 'tree'), { recursive: true, mode: 0o700 })
    await chmod(join(building, 'tree'), 0o777)
    await writeFiles(origin.git_dir, tree, building, limits)
    await rename(join(building, 'tree'), finished).catch(async (error: unknown) => {
      if (!(await isFolder(finished))) throw error
    })
    return finished
  } catch (error) {
    throw storageFailure(error, cache)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

async function writeFiles(git_dir: string, tree: string, building: string, limits: CheckoutLimits): Promise<void> {
  const call: GitCall = {
    args: ['read-tree', '--reset', '-u', '--no-recurse-submodules', tree],
    git_dir,
    cwd: building,
    env: { GIT_WORK_TREE: join(building, 'tree'), GIT_INDEX_FILE: join(building, 'index') },
    settings: [['checkout.workers', '2']],
    file_bytes: limits.file_bytes,
    timeout_ms: 600_000,
  }
  const outcome = await runGit(call)
  if (outcome.exit_code !== 0) throw brokenGit(call, outcome)
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
