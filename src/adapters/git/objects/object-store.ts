import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate, deflateSync } from 'node:zlib'
import { GanderError, storageFailure } from '#domain/failure'
import { ObjectReader } from './object-reader.ts'
import {
  formatTree,
  isDirectory,
  objectHeader,
  objectId,
  parseTree,
  type ObjectType,
  type TreeItem,
  type TreeItems,
} from './object-format.ts'

const TREES_KEPT = 4096

/**
 * The objects of one trusted repository. Writing is plain loose objects in this process (0.1 ms, where a git process
 * costs 3 ms); no filter, attribute or configuration is ever asked. An object appears whole by a rename, so it survives
 * kill -9 of this process; it is not flushed (40 ms each on a busy disk), so a power cut may take the last seconds.
 */
export class ObjectStore {
  readonly git_dir: string
  readonly id_length: number
  readonly #reader: ObjectReader
  readonly #trees = new Map<string, TreeItems>()

  constructor(git_dir: string, id_length: number) {
    this.git_dir = git_dir
    this.id_length = id_length
    this.#reader = new ObjectReader(git_dir)
  }

  /** The directory of a tree id. */
  async tree(id: string): Promise<TreeItems> {
    const known = this.#trees.get(id)
    if (known !== undefined) return known
    const object = await this.#reader.read(id)
    if (object?.type !== 'tree') throw new GanderError('internal', `${id} is no tree of this run's repository`)
    const items = parseTree(object.content, this.id_length)
    this.#remember(id, items)
    return items
  }

  /** Content of a blob; undefined when there is no such blob. */
  async blob(id: string): Promise<Buffer | undefined> {
    const object = await this.#reader.read(id)
    return object?.type === 'blob' ? object.content : undefined
  }

  /** Content of an object of any type. */
  async content(id: string): Promise<Buffer | undefined> {
    return (await this.#reader.read(id))?.content
  }

  /** What kind of object an id names here; undefined when there is none. */
  async typeOf(id: string): Promise<string | undefined> {
    return (await this.#reader.read(id))?.type
  }

  /** The entry at a path of latin1 components. */
  async entryAt(tree: string, path: readonly string[]): Promise<TreeItem | undefined> {
    let item: TreeItem | undefined = { mode: '40000', id: tree }
    for (const name of path) {
      if (item === undefined || !isDirectory(item)) return undefined
      item = (await this.tree(item.id)).get(name)
    }
    return item
  }

  /** Stores an object, once, and returns its id. @throws GanderError `storage_full`, `storage_unwritable` */
  async write(type: ObjectType, content: Uint8Array): Promise<string> {
    const id = objectId(type, content, this.id_length)
    const folder = join(this.git_dir, 'objects', id.slice(0, 2))
    const path = join(folder, id.slice(2))
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return id
    const header = Buffer.from(objectHeader(type, content), 'latin1')
    try {
      mkdirSync(folder, { recursive: true })
      const temporary = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`)
      writeWhole(temporary, await compressed(Buffer.concat([header, content])))
      renameSync(temporary, path)
    } catch (error) {
      throw storageFailure(error, folder)
    }
    return id
  }

  /** Stores a directory and returns its id. */
  async writeTree(items: TreeItems): Promise<string> {
    const id = await this.write('tree', formatTree(items))
    this.#remember(id, new Map(items))
    return id
  }

  close(): void {
    this.#reader.close()
  }

  #remember(id: string, items: TreeItems): void {
    const [oldest] = this.#trees.keys()
    if (this.#trees.size >= TREES_KEPT && oldest !== undefined) this.#trees.delete(oldest)
    this.#trees.set(id, items)
  }
}

/** Small objects are compressed at once; large ones aside, so that heartbeats go on. */
function compressed(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  return bytes.length < 256 * 1024
    ? deflateSync(bytes, { level: 1 })
    : promisify<Uint8Array, { level: number }, Buffer>(deflate)(bytes, { level: 1 })
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o444)
  try {
    let written = 0
    while (written < bytes.length) written += writeSync(file, bytes, written)
  } finally {
    closeSync(file)
  }
}
