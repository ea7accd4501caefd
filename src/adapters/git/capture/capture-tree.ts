import { setImmediate } from 'node:timers/promises'
import type { BigIntStats } from 'node:fs'
import type { CapturedTree, SandboxCapture } from '#ports'
import { DIRECTORY, GITLINK, isDirectory, SYMLINK, type TreeItem, type TreeItems } from '../objects/object-format.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { foldedName, nameDefect, shownName } from '../objects/path-name.ts'
import { HeldFolder } from './held-folder.ts'
import { isIgnored, readIgnoreRules, RESIDUE, type IgnoreRules } from './ignore-rules.ts'
import { OverlayView } from './overlay-view.ts'
import { WholeView } from './whole-view.ts'

/** Largest file and deepest folder that are taken; beyond them a path is refused by name. */
const CAPTURE_LIMITS = { file_bytes: 100 * 1024 ** 2, depth: 128 }

/** How long after a change a time stamp may still hide another one: coarse clocks tick every 4 ms. */
const SETTLED_MS = 100
const BREATHE_MS = 20

/** What a folder that was walked tells about the names it does not mention. */
export interface TreeView {
  /** Absolute folder that is walked. */
  readonly folder: string
  shows(capture: SandboxCapture): boolean
  /** True when such names of the folder at `path` are gone; otherwise they stay as they were. */
  isOpaque(folder: HeldFolder, path: string, hidden: readonly string[]): Promise<boolean>
}

/** A file as it was seen, and the blob it became. */
interface Sight {
  readonly signature: string
  readonly item: TreeItem
}

interface Capture {
  readonly view: TreeView
  /** Paths that a whole copy lacks because they could not be copied; they stay as they were. */
  readonly left_out: ReadonlySet<string>
  readonly known: ReadonlyMap<string, Sight>
  readonly seen: Map<string, Sight>
  readonly refused: { path: string; reason: string }[]
  breathed: number
}

interface Place {
  readonly folder: HeldFolder
  /** Bytes with a trailing slash; empty at the top. */
  readonly path: string
  readonly depth: number
  /** What lies below the writable layer here. */
  readonly over: TreeItems
  /** The base commit's folder at this path, where its ignore rules are read; null where it has none. */
  readonly base: string | null
  readonly rules: IgnoreRules | null
  /** True below an ignored folder: only what was tracked counts. */
  readonly ignored: boolean
}

const NOTHING: TreeItems = new Map()

/**
 * Turns the writable layer of an overlay, or a whole copy, into a tree. It walks only what changed, by descriptors and without following
 * links; a whiteout deletes, an opaque folder starts empty, an untracked path that the base commit ignores is left out.
 * What is refused stays as it was below. Blobs of files whose size, times and inode did not change are not read again.
 */
export class TreeCapture {
  readonly #store: ObjectStore
  readonly #base: string
  #last: { readonly view: TreeView; readonly seen: ReadonlyMap<string, Sight> } | undefined

  constructor(store: ObjectStore, base: string) {
    this.#store = store
    this.#base = base
  }

  async capture(over: string, from: SandboxCapture): Promise<CapturedTree> {
    const last = this.#last?.view.shows(from) === true ? this.#last : undefined
    const view = last?.view ?? viewOf(from)
    const known = last?.seen ?? new Map<string, Sight>()
    const refused = from.kind === 'whole' ? [...from.refused] : []
    const left_out = new Set(refused.map(({ path }) => bytesOf(path)))
    const capture: Capture = { view, left_out, known, seen: new Map(), refused, breathed: performance.now() }
    const folder = HeldFolder.at(view.folder)
    try {
      const items = await this.#folder(capture, {
        folder,
        path: '',
        depth: 0,
        over: await this.#store.tree(over),
        base: this.#base,
        rules: readIgnoreRules(RESIDUE.join('\n'), '', null),
        ignored: false,
      })
      this.#last = { view, seen: capture.seen }
      const tree = items === undefined ? over : await this.#store.writeTree(items)
      return { tree, refused: capture.refused.toSorted((left, right) => (left.path < right.path ? -1 : 1)) }
    } finally {
      folder.close()
    }
  }

  /** The folder's entries, or undefined when nothing in it differs from what lies below. */
  async #folder(capture: Capture, given: Place): Promise<TreeItems | undefined> {
    const place = { ...given, rules: await this.#rulesOf(given) }
    const names = place.folder.names()
    const changed = new Set(names)
    const hidden = [...place.over.keys()].filter((name) => !changed.has(name))
    const opaque = hidden.length > 0 && (await capture.view.isOpaque(place.folder, place.path, hidden))
    const items = new Map(opaque ? [] : place.over)
    if (opaque) for (const name of names) keep(items, place.over, name)
    for (const name of hidden) if (capture.left_out.has(place.path + name)) keep(items, place.over, name)
    for (const name of names) {
      const after = await this.#entry(capture, place, name)
      if (after === null) items.delete(name)
      else if (after !== 'unchanged') items.set(name, after)
    }
    refuseTwins(capture, place, items)
    return equal(items, place.over) ? undefined : items
  }

  /** What a changed entry becomes; null when it is gone. */
  async #entry(capture: Capture, place: Place, name: string): Promise<TreeItem | null | 'unchanged'> {
    await breathe(capture)
    const stat = place.folder.stat(name)
    const below = place.over.get(name)
    if (stat === undefined) return 'unchanged'
    if (isWhiteout(stat)) return null
    const path = place.path + name
    if (place.path === '' && name === '.git') return 'unchanged'
    const left_out = below === undefined && (place.ignored || isIgnored(place.rules, path, stat.isDirectory()))
    if (left_out) return 'unchanged'
    const defect = below === undefined ? nameDefect(name) : undefined
    if (defect !== undefined) return refuse(capture, path, defect)
    if (stat.isDirectory()) return this.#subfolder(capture, place, name)
    if (stat.isSymbolicLink()) return this.#link(capture, place, name)
    if (stat.isFile()) return this.#file(capture, place, name, stat)
    return refuse(capture, path, kindOf(stat))
  }

  async #link(capture: Capture, place: Place, name: string): Promise<TreeItem | 'unchanged'> {
    const target = openOr(capture, place.path + name, () => place.folder.link(name))
    return target === undefined ? 'unchanged' : { mode: SYMLINK, id: await this.#store.write('blob', target) }
  }

  async #subfolder(capture: Capture, place: Place, name: string): Promise<TreeItem | null | 'unchanged'> {
    const path = `${place.path}${name}`
    if (place.depth >= CAPTURE_LIMITS.depth) return refuse(capture, path, 'folders are nested too deeply')
    const below = place.over.get(name)
    const folder = openOr(capture, path, () => place.folder.folder(name))
    if (folder === undefined) return 'unchanged'
    try {
      if (below?.mode === GITLINK)
        return folder.names().length === 0 ? 'unchanged' : refuse(capture, path, 'a submodule cannot be changed')
      const base = place.base === null ? undefined : (await this.#store.tree(place.base)).get(name)
      const items = await this.#folder(capture, {
        folder,
        path: `${path}/`,
        depth: place.depth + 1,
        over: below !== undefined && isDirectory(below) ? await this.#store.tree(below.id) : NOTHING,
        base: base !== undefined && isDirectory(base) ? base.id : null,
        rules: place.rules,
        ignored: place.ignored || isIgnored(place.rules, path, true),
      })
      if (items === undefined) return isDirectory(below) ? 'unchanged' : null
      return items.size === 0 ? null : { mode: DIRECTORY, id: await this.#store.writeTree(items) }
    } finally {
      folder.close()
    }
  }

  async #file(capture: Capture, place: Place, name: string, stat: BigIntStats): Promise<TreeItem | 'unchanged'> {
    const path = place.path + name
    if (stat.size > BigInt(CAPTURE_LIMITS.file_bytes))
      return refuse(capture, path, `the file is larger than ${CAPTURE_LIMITS.file_bytes} bytes`)
    if ((stat.mode & 0o6000n) !== 0n) refuse(capture, path, 'the file has a setuid or setgid bit')
    const mode = (stat.mode & 0o100n) === 0n ? '100644' : '100755'
    const signature = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.mode].join()
    const known = capture.known.get(path)
    if (known?.signature === signature) {
      capture.seen.set(path, known)
      return known.item
    }
    const started = Date.now()
    const content = openOr(capture, path, () => place.folder.read(name, CAPTURE_LIMITS.file_bytes))
    if (content === undefined) return 'unchanged'
    const item = { mode, id: await this.#store.write('blob', content) }
    if (Number(stat.ctimeMs) < started - SETTLED_MS) capture.seen.set(path, { signature, item })
    return item
  }

  async #rulesOf(place: Place): Promise<IgnoreRules | null> {
    if (place.base === null || place.ignored) return place.rules
    const file = (await this.#store.tree(place.base)).get('.gitignore')
    if (file === undefined || !file.mode.startsWith('100')) return place.rules
    const content = await this.#store.blob(file.id)
    return content === undefined ? place.rules : readIgnoreRules(content.toString('latin1'), place.path, place.rules)
  }
}

const viewOf = (from: SandboxCapture): TreeView =>
  from.kind === 'whole' ? new WholeView(from.folder) : new OverlayView(from.upper, from.merged)

const bytesOf = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')

function keep(items: Map<string, TreeItem>, over: TreeItems, name: string): void {
  const item = over.get(name)
  if (item !== undefined) items.set(name, item)
}

function refuse(capture: Capture, path: string, reason: string): 'unchanged' {
  capture.refused.push({ path: shownName(path), reason })
  return 'unchanged'
}

const EXCHANGED = 'it changed while it was read'
/** EINVAL: what was a link is none any more. */
const UNREAD: { readonly [code: string]: string | undefined } = {
  EACCES: 'it cannot be read',
  EPERM: 'it cannot be read',
  ELOOP: EXCHANGED,
  ENOENT: EXCHANGED,
  ENOTDIR: EXCHANGED,
  EINVAL: EXCHANGED,
}

/** Runs a read; what the agent made unreadable (rootless, mode 000) or exchanged meanwhile is refused by name. */
function openOr<Value>(capture: Capture, path: string, read: () => Value | undefined): Value | undefined {
  try {
    const value = read()
    if (value === undefined) refuse(capture, path, EXCHANGED)
    return value
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === undefined ? undefined : UNREAD[code]
    if (why === undefined) throw error
    refuse(capture, path, why)
    return undefined
  }
}

/** Of two names that are one on other file systems the new one is refused. */
function refuseTwins(capture: Capture, place: Place, items: Map<string, TreeItem>): void {
  const added = [...items.keys()].filter((name) => !place.over.has(name)).toSorted()
  if (added.length === 0) return
  const taken = new Set([...items.keys()].filter((name) => place.over.has(name)).map(foldedName))
  for (const name of added) {
    if (taken.has(foldedName(name))) {
      items.delete(name)
      refuse(capture, place.path + name, 'another path differs from it only in letter case or Unicode form')
    }
    taken.add(foldedName(name))
  }
}

function equal(left: TreeItems, right: TreeItems): boolean {
  if (left.size !== right.size) return false
  for (const [name, item] of left) {
    const other = right.get(name)
    if (other === undefined || other.id !== item.id || other.mode !== item.mode) return false
  }
  return true
}

const isWhiteout = (stat: BigIntStats): boolean => stat.isCharacterDevice() && stat.rdev === 0n

function kindOf(stat: BigIntStats): string {
  if (stat.isFIFO()) return 'it is a fifo'
  if (stat.isSocket()) return 'it is a socket'
  return 'it is a device'
}

/** Large layers are walked in slices, so that heartbeats go on. */
async function breathe(capture: Capture): Promise<void> {
  if (performance.now() - capture.breathed < BREATHE_MS) return
  await setImmediate()
  capture.breathed = performance.now()
}
