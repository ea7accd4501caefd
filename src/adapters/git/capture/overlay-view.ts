import { fstatSync, lstatSync } from 'node:fs'
import type { HeldFolder } from './held-folder.ts'
import { opaqueFolders } from './opaque-folders.ts'

/**
 * Tells whether a folder of the writable layer hides what lies below it. The merged tree answers the usual case without
 * a process: a path below that is still visible proves the folder is not opaque. Only when none is visible, or there is
 * no merged tree to look at, the attribute itself is read (3 ms), once for each state of a folder.
 */
export class OverlayView {
  readonly #upper: string
  readonly #merged: string | undefined
  readonly #answers = new Map<string, boolean>()

  constructor(upper: string, merged: string | undefined) {
    this.#upper = upper
    this.#merged = merged
  }

  /** True when this is a view of exactly these folders. */
  shows(upper: string, merged: string | undefined): boolean {
    return this.#upper === upper && this.#merged === merged
  }

  /** `hidden` are the names below that the writable layer does not mention. */
  async isOpaque(folder: HeldFolder, path: string, hidden: readonly string[]): Promise<boolean> {
    if (path === '') return false
    if (this.#merged !== undefined && this.#someVisible(this.#merged, path, hidden)) return false
    const stat = fstatSync(folder.fd, { bigint: true })
    const state = [stat.dev, stat.ino, stat.ctimeNs].join()
    const known = this.#answers.get(state)
    if (known !== undefined) return known
    const answer = (await opaqueFolders(this.#upper, [path.slice(0, -1)])).size > 0
    this.#answers.set(state, answer)
    return answer
  }

  #someVisible(merged: string, path: string, names: readonly string[]): boolean {
    return names.some((name) => {
      const entry = Buffer.concat([Buffer.from(`${merged}/`, 'utf8'), Buffer.from(path + name, 'latin1')])
      return lstatSync(entry, { throwIfNoEntry: false }) !== undefined
    })
  }
}
