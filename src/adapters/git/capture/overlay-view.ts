import { fstatSync, lstatSync, type BigIntStats } from 'node:fs'
import type { SandboxCapture } from '#ports'
import { HeldFolder } from './held-folder.ts'
import { opaqueFolders } from './opaque-folders.ts'

/** Folders asked about at once; a layer with more is asked about in several goes. */
const BATCH = 256

/**
 * Tells whether a folder of the writable layer hides what lies below it. The merged tree answers the usual case without
 * a process: a path below that is still visible proves the folder is not opaque. Only when none is visible, or there is
 * no merged tree to look at, the attribute itself is read (3 ms), together with those of the other folders of the layer.
 * Overlayfs marks a folder when it makes it or moves it to its path, never later, so an answer holds for good.
 */
export class OverlayView {
  readonly folder: string
  readonly #merged: string | undefined
  readonly #answers = new Map<string, boolean>()

  constructor(upper: string, merged: string | undefined) {
    this.folder = upper
    this.#merged = merged
  }

  /** True when this is a view of exactly these folders. */
  shows(capture: SandboxCapture): boolean {
    return capture.kind === 'overlay' && this.folder === capture.upper && this.#merged === capture.merged
  }

  /** `path` ends in a slash; `hidden` are the names below that the writable layer does not mention. */
  async isOpaque(folder: HeldFolder, path: string, hidden: readonly string[]): Promise<boolean> {
    if (path === '') return false
    if (this.#merged !== undefined && this.#someVisible(this.#merged, path, hidden)) return false
    const identity = identityOf(fstatSync(folder.fd, { bigint: true }), path)
    const known = this.#answers.get(identity)
    if (known !== undefined) return known
    const asked = new Map([[path.slice(0, -1), identity], ...this.#unknownFolders()])
    const opaque = await opaqueFolders(this.folder, [...asked.keys()])
    for (const [name, key] of asked) this.#answers.set(key, opaque.has(name))
    return opaque.has(path.slice(0, -1))
  }

  #someVisible(merged: string, path: string, names: readonly string[]): boolean {
    return names.some((name) => {
      const entry = Buffer.concat([Buffer.from(`${merged}/`, 'utf8'), Buffer.from(path + name, 'latin1')])
      return lstatSync(entry, { throwIfNoEntry: false }) !== undefined
    })
  }

  /** Folders of the layer that nothing is known about yet, nearest to the top first. */
  #unknownFolders(): ReadonlyMap<string, string> {
    const unknown = new Map<string, string>()
    const pending = ['']
    for (let path = pending.shift(); path !== undefined && unknown.size < BATCH; path = pending.shift())
      for (const [name, stat] of this.#subfolders(path)) {
        const identity = identityOf(stat, `${path}${name}/`)
        if (!this.#answers.has(identity)) unknown.set(path + name, identity)
        if (pending.length < BATCH) pending.push(`${path}${name}/`)
      }
    return unknown
  }

  #subfolders(path: string): readonly (readonly [name: string, stat: BigIntStats])[] {
    let folder: HeldFolder
    try {
      folder = openBelow(this.folder, path)
    } catch {
      return []
    }
    try {
      return folder.names().flatMap((name): [string, BigIntStats][] => {
        const stat = folder.stat(name)
        return stat?.isDirectory() === true ? [[name, stat]] : []
      })
    } finally {
      folder.close()
    }
  }
}

function openBelow(upper: string, path: string): HeldFolder {
  let folder = HeldFolder.at(upper)
  for (const name of path.split('/').filter((part) => part !== '')) {
    const above = folder
    try {
      folder = above.folder(name)
    } finally {
      above.close()
    }
  }
  return folder
}

/** Inode numbers are reused on disk, where the time of birth tells them apart; on tmpfs they are not. */
const identityOf = (stat: BigIntStats, path: string): string => [stat.dev, stat.ino, stat.birthtimeNs, path].join(' ')
