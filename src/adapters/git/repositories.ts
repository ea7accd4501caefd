import { randomBytes } from 'node:crypto'
import { access, copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { GanderError, storageFailure } from '#domain/failure'
import type { PinnedSource, Repositories, RunRepository } from '#ports'
import type { CheckoutLimits } from './checkout/fit-for-checkout.ts'
import { listTree } from './checkout/list-tree.ts'
import { materialiseTree } from './checkout/materialise-tree.ts'
import { shownName } from './objects/path-name.ts'
import { OwnRepository } from './run-repository.ts'
import { cachedCommit, type FetchLimits } from './source/commit-cache.ts'
import { pastOf } from './source/code-at-commit.ts'
import { mergeBase } from './source/common-ancestor.ts'
import { findCheckout } from './source/local-checkout.ts'
import { resolveSource } from './source/resolve-source.ts'
import { parseAddress, type Credentials } from './transport/address.ts'

/** What a source may cost; beyond it the source is refused. */
type SourceLimits = FetchLimits & CheckoutLimits

interface RepositoriesOptions {
  /** Folder of everything Gander keeps; this room uses cache/git, cache/trees and runs/RUN/git below it. */
  readonly home: string
  /** Folder of the runs' own repositories, where several homes share them. Absent: `runs` below home. */
  readonly runs?: string
  /** Absent members keep their defaults: pack 2 GiB in 15 minutes, 400,000 files of 8 GiB, one file 1 GiB. */
  readonly limits?: Partial<SourceLimits>
}

const DEFAULT_LIMITS: SourceLimits = {
  pack_bytes: 2 * 1024 ** 3,
  timeout_ms: 900_000,
  files: 400_000,
  bytes: 8 * 1024 ** 3,
  file_bytes: 1024 ** 3,
}

/** Repositories by the git command line, kept under home; see the port for the contract. */
export function createRepositories(options: RepositoriesOptions): Repositories {
  const { home } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const credentials = new Map<string, Credentials>()
  const cache = join(home, 'cache', 'git')
  const trees = join(home, 'cache', 'trees')
  const context = { cache, scratch: join(home, 'cache'), limits, credentials }

  const cached = (source: PinnedSource) => {
    const known = credentials.get(source.repository) ?? null
    const address = parseAddress(source.repository)
    return cachedCommit(cache, { address, credentials: known, commit: source.commit, ref: source.ref }, limits)
  }

  const open = async (run_id: string, source: PinnedSource, beside?: PinnedSource): Promise<RunRepository> => {
    if (!/^[\w-]{1,80}$/.test(run_id)) throw new GanderError('internal', `${JSON.stringify(run_id)} is no run id`)
    const run_folder = join(options.runs ?? join(home, 'runs'), run_id)
    const git_dir = join(run_folder, 'git')
    if (!(await exists(join(git_dir, 'HEAD')))) {
      const kept: string[] = []
      for (const pinned of beside === undefined ? [source] : [source, beside]) {
        const { tree, git_dir: holds } = await cached(pinned)
        if (tree !== pinned.tree)
          throw new GanderError('internal', `${pinned.commit} has the tree ${tree}, not ${pinned.tree}`)
        kept.push(holds)
      }
      await makeRunRepository(run_folder, git_dir, kept)
    }
    const checkout = await materialiseTree(trees, { git_dir, shown: source.repository }, source.tree, limits)
    return new OwnRepository({ source, run_folder, git_dir, checkout, trees, limits, credentials })
  }

  return {
    resolve: (repository, ref) => resolveSource(context, repository, ref),
    mergeBase: (base, head) => mergeBase(context, base, head),
    past: async (source, most) => {
      const address = parseAddress(source.repository)
      if (address.kind !== 'local') return undefined
      return pastOf((await findCheckout(address.path, address.shown)).git_dir, source.commit, most)
    },
    paths: async (source) =>
      (await listTree((await cached(source)).git_dir, source.tree)).map(({ path }) => shownName(path)),
    open,
  }
}

/**
 * Makes the run's own repository of cached commits, in one rename: packs are linked, nothing else is shared, and there
 * are no alternates. A repository that is already there is kept with every tree written to it. What is not a pack is of
 * the first.
 */
async function makeRunRepository(run_folder: string, git_dir: string, cached: readonly string[]): Promise<void> {
  const building = join(run_folder, `.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(join(building, 'objects', 'pack'), { recursive: true, mode: 0o700 })
    await mkdir(join(building, 'objects', 'info'))
    await mkdir(join(building, 'refs'))
    await mkdir(join(building, 'info'))
    for (const [at, from] of cached.entries())
      for (const name of await filesOf(from, at === 0)) await linkOrCopy(join(from, name), join(building, name))
    await rename(building, git_dir).catch(async (error: unknown) => {
      if (!(await exists(join(git_dir, 'HEAD')))) throw error
    })
  } catch (error) {
    throw storageFailure(error, run_folder)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** What a run's repository takes over of a cached one. Two commits of the same objects have one pack of the same name. */
async function filesOf(cached: string, is_first: boolean): Promise<readonly string[]> {
  const [top, packs] = await Promise.all([readdir(cached), readdir(join(cached, 'objects', 'pack'))])
  return [
    ...packs.filter((name) => /\.(pack|idx|rev)$/.test(name)).map((name) => `objects/pack/${name}`),
    ...(is_first ? [...['config', 'HEAD', 'shallow'].filter((name) => top.includes(name)), 'info/attributes'] : []),
  ]
}

/** Packs never change once written, so a link is as good as a copy, and costs nothing. */
const linkOrCopy = (from: string, to: string): Promise<void> => link(from, to).catch(() => copyFile(from, to))

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
