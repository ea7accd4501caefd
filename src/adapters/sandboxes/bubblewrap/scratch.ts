import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Opens every folder below; names from `readdir` are never links here, so nothing outside is reached. */
const openFolders = (folder: string): void => {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(folder, entry.name))
  }
}

/** Removes a folder of ours when nothing of its sandbox runs any more; overlayfs keeps a closed one of mode 000 in it. */
export const removeScratch = (folder: string): void => {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    openFolders(folder)
    rmSync(folder, { recursive: true, force: true })
  }
}
