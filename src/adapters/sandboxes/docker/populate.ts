import { execFile } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const TOOLS = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/' }

/** What a tree takes in a tmpfs, in whole pages. */
export interface TreeSize {
  readonly bytes: number
  readonly inodes: number
}

const PAGE = 4096

/** Adds up files of a host tree; links are not followed. */
export const sizeOfTree = (path: string): TreeSize => {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return { bytes: Math.ceil(stat.size / PAGE) * PAGE, inodes: 1 }
  let [bytes, inodes] = [PAGE, 1]
  for (const name of readdirSync(path)) {
    const below = sizeOfTree(join(path, name))
    bytes += below.bytes
    inodes += below.inodes
  }
  return { bytes, inodes }
}

/** Copies a host folder's content into a folder of a fresh container, where nothing runs yet. */
export const copyIn = async (from: string, into: string): Promise<void> => {
  await run('cp', ['-a', '--no-preserve=ownership', '-T', '--', from, into], TOOLS)
}

/** Hands a tree to a user; links themselves change hands, what they point at does not. */
export const giveTo = async (uid: number, folder: string): Promise<void> => {
  await run('chown', ['-hR', '--', `${uid}:${uid}`, folder], TOOLS)
  await run('chmod', ['-R', 'u+rwX,ug-s', '--', folder], TOOLS)
}

/** Changes the options of a tmpfs in another process's mount namespace. */
export const mountAgain = async (pid: number, options: string, path: string): Promise<void> => {
  await run('mount', ['--namespace', String(pid), '-i', '-o', `remount,${options}`, '--', 'tmpfs', path], TOOLS)
}

const isWhiteout = (path: string): boolean => {
  const stat = lstatSync(path)
  return stat.isCharacterDevice() && stat.rdev === 0
}

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Lays what a setup changed over a copied checkout: a whiteout removes, a folder merges, everything else replaces. */
export const layOver = async (layer: string, into: string): Promise<void> => {
  for (const name of readdirSync(layer)) {
    const [from, to] = [join(layer, name), join(into, name)]
    if (isWhiteout(from)) rmSync(to, { recursive: true, force: true })
    else if (isFolder(from) && isFolder(to)) await layOver(from, to)
    else {
      rmSync(to, { recursive: true, force: true })
      await copyIn(from, to)
    }
  }
}

const differs = (left: string, right: string): boolean => {
  const [one, other] = [lstatSync(left), lstatSync(right, { throwIfNoEntry: false })]
  if (other === undefined) return true
  if (one.isSymbolicLink()) return !other.isSymbolicLink() || readlinkSync(left) !== readlinkSync(right)
  if (!one.isFile() || !other.isFile() || one.size !== other.size) return true
  return (one.mode & 0o100) !== (other.mode & 0o100) || !readFileSync(left).equals(readFileSync(right))
}

const gone = async (below: string, whole: string, kept: ReadonlySet<string>): Promise<void> => {
  for (const name of readdirSync(below)) {
    if (kept.has(name)) continue
    mkdirSync(whole, { recursive: true })
    await run('mknod', ['--', join(whole, name), 'c', '0', '0'], TOOLS)
  }
}

/**
 * Turns a whole copy of a tree into what differs from the checkout below it, in the layout of an overlay: what is the
 * same goes, what is missing becomes a whiteout. True when nothing is left.
 */
export const keepDifference = async (whole: string, below: string): Promise<boolean> => {
  const names = readdirSync(whole)
  let left = 0
  for (const name of names) {
    const [path, lower] = [join(whole, name), join(below, name)]
    const same =
      isFolder(path) && isFolder(lower) ? await keepDifference(path, lower) : !isFolder(path) && !differs(path, lower)
    if (same) rmSync(path, { recursive: true, force: true })
    else left += 1
  }
  await gone(below, whole, new Set(names))
  return left === 0 && readdirSync(whole).length === 0
}

/** Folder a view is copied into: the view's own, or the one above a single file. */
export const viewFolder = (view: { readonly host: string; readonly inner: string }): string =>
  isFolder(view.host) ? view.inner : dirname(view.inner)
