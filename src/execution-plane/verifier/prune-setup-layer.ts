import { chmod, chown, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Takes out of a finished setup layer whatever would cover a file of the checkout: changed copies, deletions and
 * replaced folders. Without this a lockfile rewritten by setup would hide the proposed one from its own verification.
 * Folders that both have are made anew, because a replaced one hides everything below it by an attribute.
 * Returns the paths that were taken out.
 */
export async function pruneSetupLayer(layer: string, checkout: string): Promise<readonly string[]> {
  const pruned: string[] = []
  await pruneFolder({ upper: join(layer, 'tree'), lower: checkout, at: '', pruned })
  return pruned.sort()
}

interface Folder {
  readonly upper: string
  readonly lower: string
  readonly at: string
  readonly pruned: string[]
}

async function pruneFolder({ upper, lower, at, pruned }: Folder): Promise<void> {
  const names = await readdir(join(upper, at)).catch(() => [])
  for (const name of names) {
    const path = at === '' ? name : `${at}/${name}`
    const below = await lstat(join(lower, path)).catch(() => undefined)
    if (below === undefined) continue
    const above = await lstat(join(upper, path))
    if (above.isDirectory() && below.isDirectory()) {
      await pruneFolder({ upper, lower, at: path, pruned })
      await madeAnew(join(upper, path))
    } else {
      await rm(join(upper, path), { recursive: true, force: true })
      pruned.push(path)
    }
  }
}

async function madeAnew(folder: string): Promise<void> {
  const { mode, uid, gid } = await lstat(folder)
  const fresh = `${folder}.gander-new`
  await mkdir(fresh)
  for (const name of await readdir(folder)) await rename(join(folder, name), join(fresh, name))
  await chmod(fresh, mode & 0o777)
  await chown(fresh, uid, gid)
  await rm(folder, { recursive: true })
  await rename(fresh, folder)
}
