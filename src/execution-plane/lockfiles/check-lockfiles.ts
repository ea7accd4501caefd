import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { ProfilePhase } from '#domain/verification'
import { findLockfiles, kindOf, type FoundLockfile } from './find-lockfiles.ts'
import { readCargoLock, readPoetryLock, readUvLock } from './formats/toml-locks.ts'
import { readGoMod, readGoSum } from './formats/go-sum.ts'
import { readPom } from './formats/maven.ts'
import { readNpmLock } from './formats/npm.ts'
import { readPnpmLock } from './formats/pnpm.ts'
import { includedBy, isHashed, readRequirements } from './formats/requirements.ts'
import { readBerryLock, readYarnLock } from './formats/yarn.ts'
import { judgeEntry, type LockedHost } from './judge-entry.ts'
import type { LockEntry, LockfileKind, LockfileReader } from './lock-entry.ts'
import { problem, type LockfileProblem } from './lockfile-problem.ts'

const MOST_BYTES = 24 * 1024 ** 2
/** YAML is read at 1 MB a second, and the heartbeat of a run waits while it is; 25,000 packages are 5 MB. */
const MOST_YAML_BYTES = 5 * 1024 ** 2
const MOST_POM_BYTES = 2 * 1024 ** 2
const MOST_FILES = 400
const MOST_PROBLEMS = 200

/** A tree whose lockfiles are looked at. */
export interface LockfileTree {
  readonly paths: readonly string[]
  /** Bytes of a regular file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>
}

/** One lockfile with its content's hash and what it pins. */
interface ReadLockfile {
  readonly path: string
  readonly kind: LockfileKind
  readonly sha256: string
  readonly entries: readonly LockEntry[]
  /** False where the file names packages without saying which bytes they are. */
  readonly pins: boolean
}

/** What the lockfiles of a setup come to. */
export interface LockfileReport {
  readonly files: readonly ReadLockfile[]
  readonly problems: readonly LockfileProblem[]
  /** Each host once, with the first entry that names it; sorted. */
  readonly hosts: readonly LockedHost[]
}

/** Reads and judges every lockfile that the commands of a setup would install from. */
export async function checkLockfiles(
  tree: LockfileTree,
  wish: { readonly ecosystem: string; readonly setup: readonly ProfilePhase[] },
): Promise<LockfileReport> {
  return checkFiles(tree, findLockfiles(tree.paths, wish))
}

/** Reads and judges exactly these lockfiles, and what requirements files among them include. */
export async function checkFiles(tree: LockfileTree, wanted: readonly FoundLockfile[]): Promise<LockfileReport> {
  const files: ReadLockfile[] = []
  const problems: LockfileProblem[] = []
  const queue = [...wanted]
  const seen = new Set<string>()
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (seen.has(file.path)) continue
    seen.add(file.path)
    if (seen.size > MOST_FILES) {
      problems.push(problem('lockfile.unreadable', { ...file, line: 1 }, `there are more than ${MOST_FILES} lockfiles`))
      break
    }
    const bytes = await tree.read(file.path)
    if (bytes === undefined) continue
    const read = readOne(file, bytes)
    if ('rule' in read) problems.push(read)
    else {
      files.push(read)
      queue.push(...included(file, bytes, tree.paths))
    }
  }
  const judged = files.flatMap(({ path, kind, entries }) => entries.map((entry) => judgeEntry(entry, { path, kind })))
  const hosts = new Map<string, LockedHost>()
  for (const host of judged.flatMap((one) => one.hosts)) if (!hosts.has(host.host)) hosts.set(host.host, host)
  return {
    files,
    problems: [...problems, ...judged.flatMap((one) => one.problems), ...withoutSum(files)].slice(0, MOST_PROBLEMS),
    hosts: [...hosts.values()].sort((one, other) => (one.host < other.host ? -1 : 1)),
  }
}

/** Modules that a `go.mod` requires and the `go.sum` beside it says nothing about; without one nothing is pinned at all. */
function withoutSum(files: readonly ReadLockfile[]): readonly LockfileProblem[] {
  return files.flatMap(({ path, entries }) => {
    if (posix.basename(path) !== 'go.mod') return []
    const sums = files.find((file) => file.path === posix.join(posix.dirname(path), 'go.sum'))?.entries
    const known = new Set(sums?.map(({ name, version }) => `${name}@${version}`))
    return entries.flatMap(({ name, version, line, source }) => {
      const who = `${name}@${version}`
      if (sums === undefined || source !== 'registry' || known.has(who)) return []
      return [problem('lockfile.integrity', { path, line }, `${who} has no hash in go.sum`)]
    })
  })
}

const READERS: Readonly<Record<Exclude<LockfileKind, 'go' | 'yarn' | 'berry'>, LockfileReader>> = {
  npm: readNpmLock,
  pnpm: readPnpmLock,
  pip: readRequirements,
  poetry: readPoetryLock,
  uv: readUvLock,
  cargo: readCargoLock,
  maven: readPom,
}

function readOne({ path, kind }: FoundLockfile, bytes: Uint8Array): ReadLockfile | LockfileProblem {
  const at = { path, line: 1 }
  const text = bytes.length > MOST_BYTES ? '' : new TextDecoder().decode(bytes)
  const berry = kind === 'yarn' && /^__metadata:/m.test(text)
  const most = kind === 'maven' ? MOST_POM_BYTES : kind === 'pnpm' || berry ? MOST_YAML_BYTES : MOST_BYTES
  if (bytes.length > most) return problem('lockfile.unreadable', at, `it is larger than ${most} bytes`)
  const reader = kind === 'yarn' || kind === 'berry' ? (berry ? readBerryLock : readYarnLock) : readerOf(kind, path)
  const read = reader(text, path)
  if (!read.ok) return problem('lockfile.unreadable', { path, line: read.refusal.line }, read.refusal.message)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path, kind: berry ? 'berry' : kind, sha256, entries: read.value, pins: doesPin(path, kind, text) }
}

function readerOf(kind: Exclude<LockfileKind, 'yarn' | 'berry'>, path: string): LockfileReader {
  if (kind === 'go') return posix.basename(path) === 'go.mod' ? readGoMod : readGoSum
  return READERS[kind]
}

function doesPin(path: string, kind: LockfileKind, text: string): boolean {
  if (kind === 'pip') return isHashed(text)
  return kind !== 'maven' && posix.basename(path) !== 'go.mod'
}

/** What one lockfile pins, by its path's name; undefined where it is none or cannot be read. */
export function readLockfile(path: string, bytes: Uint8Array): Pick<ReadLockfile, 'kind' | 'entries'> | undefined {
  const kind = kindOf(path)
  const read = kind === undefined ? undefined : readOne({ path, kind }, bytes)
  return read === undefined || 'rule' in read ? undefined : read
}

/** Further requirements files that one includes, as far as the tree has them. */
function included(
  { path, kind }: FoundLockfile,
  bytes: Uint8Array,
  paths: readonly string[],
): readonly FoundLockfile[] {
  if (kind !== 'pip') return []
  const named = includedBy(new TextDecoder().decode(bytes)).map((to) => posix.join(posix.dirname(path), to))
  return named.filter((to) => paths.includes(to)).map((to) => ({ path: to, kind }))
}
