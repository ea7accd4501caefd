import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GanderError } from '#domain/failure'

/** What was copied. */
interface FilesCopy {
  readonly files: number
  readonly bytes: number
  /** Hash of the list of files, which holds the hash of each. */
  readonly list_sha256: string
}

/** What is made anew, or lives only as long as its process: never copied. */
const NOT_KEPT = new Set(
  'postgres cache logs sandboxes system containers doors registry-proxy checkpoints tenants.lock'.split(' '),
)
/** What opens something for whoever has it. */
const SECRETS = new Set('keys.json servers.json server-token audit-key.pem setup-cache.key'.split(' '))

interface Wish {
  /** What is there under one name in two of them is the first one's. */
  readonly homes: readonly string[]
  readonly folder: string
  readonly with_keys: boolean
}

interface Entry {
  readonly path: string
  readonly bytes: number
  readonly mode: number
  readonly sha256: string
  /** Where a link leads; absent for a file. */
  readonly link?: string
}

/**
 * Copies a home's files below `folder`/files and lists them in `folder`/files.jsonl. In each folder `objects` comes last,
 * so that whatever a reference of git names was there before it. What vanishes meanwhile was nobody's any more.
 */
export async function copyHomeOut({ homes, folder, with_keys }: Wish): Promise<FilesCopy> {
  const list = await open(join(folder, 'files.jsonl'), 'wx', 0o600)
  const hash = createHash('sha256')
  let files = 0
  let bytes = 0
  try {
    const seen = new Set<string>()
    for await (const { home, path } of pathsOfAll(homes, with_keys)) {
      if (seen.has(path)) continue
      const entry = await copyOne(join(home, path), join(folder, 'files', path), path)
      if (entry === undefined) continue
      if (homes.length > 1) seen.add(path)
      const line = `${JSON.stringify(entry)}\n`
      hash.update(line)
      await list.write(line)
      files += 1
      bytes += entry.bytes
    }
    await list.sync()
  } finally {
    await list.close()
  }
  return { files, bytes, list_sha256: hash.digest('hex') }
}

/** Copies the files of a backup into a home and checks each. @throws GanderError `backup_unreadable` */
export async function copyHomeIn(
  { home, folder }: { readonly home: string; readonly folder: string },
  copy: FilesCopy,
): Promise<void> {
  const hash = createHash('sha256')
  const input = createReadStream(join(folder, 'files.jsonl'))
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    hash.update(`${line}\n`)
    const entry = JSON.parse(line) as Entry
    const inside = normalize(entry.path)
    if (inside !== entry.path || inside.startsWith('..') || inside.startsWith('/')) throw damaged(entry.path)
    const copied = await copyOne(join(folder, 'files', inside), join(home, inside), inside)
    if (copied?.sha256 !== entry.sha256 || copied.link !== entry.link) throw damaged(entry.path)
    if (entry.link === undefined) await chmod(join(home, inside), entry.mode & 0o777)
  }
  if (hash.digest('hex') !== copy.list_sha256) throw damaged('files.jsonl')
}

const damaged = (path: string): GanderError =>
  new GanderError('backup_unreadable', `The backup is damaged: ${path} is not what was written.`, { facts: { path } })

async function* pathsOfAll(homes: readonly string[], with_keys: boolean) {
  for (const home of homes) for await (const path of pathsOf(home, '', with_keys)) yield { home, path }
}

async function* pathsOf(home: string, below: string, with_keys: boolean): AsyncGenerator<string, void, undefined> {
  const entries = await readdir(join(home, below), { withFileTypes: true }).catch(() => [])
  const kept = entries.filter(({ name }) => isKept(below, name, with_keys))
  const ordered = kept.toSorted((left, right) => Number(left.name === 'objects') - Number(right.name === 'objects'))
  for (const entry of ordered) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) yield* pathsOf(home, path, with_keys)
    else if (entry.isFile() || entry.isSymbolicLink()) yield path
  }
}

function isKept(below: string, name: string, with_keys: boolean): boolean {
  if (name.startsWith('.new-') || name.startsWith('.leaving-') || name.endsWith('.sock') || name.endsWith('.lock'))
    return false
  if (below === '') return !NOT_KEPT.has(name) && (with_keys || !SECRETS.has(name))
  return with_keys || !(below === 'mcp' && name.startsWith('token-'))
}

/** Undefined where it is gone by now. */
async function copyOne(from: string, to: string, path: string): Promise<Entry | undefined> {
  try {
    const found = await lstat(from)
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    if (found.isSymbolicLink()) {
      const link = await readlink(from)
      await symlink(link, to)
      return { path, bytes: 0, mode: 0, sha256: createHash('sha256').update(link).digest('hex'), link }
    }
    const tally = new Tally()
    await pipeline(createReadStream(from), tally, createWriteStream(to, { flags: 'wx', mode: 0o600 }))
    return { path, bytes: tally.bytes, mode: found.mode & 0o777, sha256: tally.hash.digest('hex') }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Counts and hashes what passes. */
class Tally extends Transform {
  readonly hash = createHash('sha256')
  bytes = 0

  override _transform(chunk: Uint8Array, _: string, done: TransformCallback): void {
    this.hash.update(chunk)
    this.bytes += chunk.length
    done(null, chunk)
  }
}
