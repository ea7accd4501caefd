import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { GanderError } from '#domain/failure'
import { HeldFolder } from '../capture/held-folder.ts'
import { GITLINK, isDirectory, SYMLINK, type TreeItem, type TreeItems } from '../objects/object-format.ts'
import type { ObjectStore } from '../objects/object-store.ts'

/** A sandbox's merged tree, and who must own what is written there. */
export interface Target {
  readonly path: string
  readonly uid: number
  readonly gid: number
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
const NOTHING: TreeItems = new Map()

/**
 * Makes in the target what makes `from` into `to`, and touches nothing else. Every step is one name in a held folder:
 * what stands in the way is unlinked, never followed, and files are created exclusively, so a link planted inside the
 * tree leads nowhere.
 */
export class TreeApplication {
  readonly #store: ObjectStore
  readonly #target: Target

  constructor(store: ObjectStore, target: Target) {
    this.#store = store
    this.#target = target
  }

  async apply(from: string, to: string): Promise<void> {
    if (from === to) return
    const folder = HeldFolder.at(this.#target.path)
    try {
      await this.#folder(folder, await this.#store.tree(from), await this.#store.tree(to))
    } finally {
      folder.close()
    }
  }

  async #folder(folder: HeldFolder, from: TreeItems, to: TreeItems): Promise<void> {
    for (const [name, item] of from) if (!to.has(name)) await this.#remove(folder, name, item)
    for (const [name, item] of to) {
      const before = from.get(name)
      if (before?.id === item.id && before.mode === item.mode) continue
      if (isDirectory(item)) await this.#subfolder(folder, name, before, item)
      else await this.#write(folder, name, item)
    }
  }

  async #subfolder(folder: HeldFolder, name: string, before: TreeItem | undefined, after: TreeItem): Promise<void> {
    if (folder.stat(name)?.isDirectory() !== true) {
      clear(folder, name)
      this.#makeFolder(folder, name)
    }
    const below = folder.folder(name)
    try {
      const from = before !== undefined && isDirectory(before) ? await this.#store.tree(before.id) : NOTHING
      await this.#folder(below, from, await this.#store.tree(after.id))
    } finally {
      below.close()
    }
  }

  /** Removes what `from` had here; a folder stays while it holds what was never in the tree. */
  async #remove(folder: HeldFolder, name: string, item: TreeItem): Promise<void> {
    const stat = folder.stat(name)
    if (stat === undefined) return
    if (!stat.isDirectory()) return unlinkSync(folder.path(name))
    if (isDirectory(item)) {
      const below = folder.folder(name)
      try {
        await this.#folder(below, await this.#store.tree(item.id), NOTHING)
      } finally {
        below.close()
      }
    }
    removeIfEmpty(folder, name)
  }

  async #write(folder: HeldFolder, name: string, item: TreeItem): Promise<void> {
    if (item.mode === GITLINK && folder.stat(name)?.isDirectory() === true) return
    clear(folder, name)
    if (item.mode === GITLINK) return this.#makeFolder(folder, name)
    const content = await this.#store.blob(item.id)
    if (content === undefined) throw new GanderError('internal', `blob ${item.id} is missing`)
    if (item.mode === SYMLINK) {
      symlinkSync(content, folder.path(name))
      lchownSync(folder.path(name), this.#target.uid, this.#target.gid)
    } else this.#createFile(folder, name, content, item.mode === '100755' ? 0o777 : 0o666)
  }

  #createFile(folder: HeldFolder, name: string, content: Buffer, mode: number): void {
    const file = openSync(folder.path(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      for (let at = 0; at < content.length; ) at += writeSync(file, content, at)
      fchownSync(file, this.#target.uid, this.#target.gid)
      fchmodSync(file, mode)
    } finally {
      closeSync(file)
    }
  }

  #makeFolder(folder: HeldFolder, name: string): void {
    mkdirSync(folder.path(name), 0o755)
    const made = folder.folder(name)
    try {
      fchownSync(made.fd, this.#target.uid, this.#target.gid)
      fchmodSync(made.fd, 0o777)
    } finally {
      made.close()
    }
  }
}

/** Removes whatever has the name, of any kind, without following links. */
function clear(folder: HeldFolder, name: string): void {
  const stat = folder.stat(name)
  if (stat === undefined) return
  if (!stat.isDirectory()) return unlinkSync(folder.path(name))
  const below = folder.folder(name)
  try {
    for (const entry of below.names()) clear(below, entry)
  } finally {
    below.close()
  }
  rmdirSync(folder.path(name))
}

function removeIfEmpty(folder: HeldFolder, name: string): void {
  try {
    rmdirSync(folder.path(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}
