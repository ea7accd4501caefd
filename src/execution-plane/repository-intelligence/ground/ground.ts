import type { CodeIndex, IndexedFile, IndexedSymbol } from '#execution-plane/code-index'
import type { MappedFileKind, PastCommit } from '#ports'
import { unreadBecause } from '#execution-plane/code-index'
import { kindOf } from '../files/file-kind.ts'
import { languageName } from '../files/languages.ts'
import { filteredInTurns, inTurns } from './in-turns.ts'

/** What maps are made of: the index of a commit, its blobs, and what came before it. */
export interface MapMaterial {
  /** As people write it. */
  readonly repository: string
  readonly index: CodeIndex
  /** Content of a blob; undefined where the repository has none. */
  readonly read: (blob: string) => Promise<Uint8Array | undefined>
  /** Newest first; empty where history is not at hand. */
  readonly past: readonly PastCommit[]
  /** True where the clone has not all of the history. Absent: it has. */
  readonly shallow?: boolean
}

/** One file with everything that several maps ask. */
export interface MappedFile {
  readonly path: string
  readonly blob: string
  readonly bytes: number
  readonly kind: MappedFileKind
  readonly language: string | undefined
  readonly lines: number
  readonly indexed: IndexedFile
}

/** Larger files are no manifest and no configuration that somebody wrote. */
const LARGEST_TEXT = 1_000_000
/** Files whose bytes are looked at because the index found nothing in them. */
const MOST_DOUBTFUL = 400

/** Blobs that are in memory together while files are gone through. */
const AT_ONCE = 32
/** Longer texts are read again by whoever asks again: few do, and all of them would fill the memory. */
const LARGEST_KEPT = 100_000

/** A commit as the makers of maps see it: everything is looked up once, whichever of them asks. */
export class Ground {
  readonly repository: string
  readonly index: CodeIndex
  readonly past: readonly PastCommit[]
  readonly shallow: boolean
  readonly files: readonly MappedFile[]
  /** What people of the repository wrote as code, tests among it. */
  readonly code: readonly MappedFile[]
  readonly #by_path: ReadonlyMap<string, MappedFile>
  readonly #read: MapMaterial['read']
  readonly #texts = new Map<string, Promise<string | undefined>>()
  readonly #symbols = new Map<string, readonly IndexedSymbol[]>()

  private constructor(material: MapMaterial, files: ReadonlyMap<string, MappedFile>, code: readonly MappedFile[]) {
    this.repository = material.repository
    this.index = material.index
    this.past = material.past
    this.shallow = material.shallow === true
    this.#read = material.read
    this.files = [...files.values()]
    this.code = code
    this.#by_path = files
  }

  static async survey(material: MapMaterial): Promise<Ground> {
    const { index, read } = material
    const doubtful = await filteredInTurns(
      index.files,
      (file) =>
        file.facts === undefined &&
        file.bytes > 0 &&
        languageName(file.path) !== undefined &&
        /^(source|test)$/.test(kindOf(file)),
    )
    const looked = doubtful.slice(0, MOST_DOUBTFUL)
    const told = new Map<string, ReturnType<typeof inside>>()
    for (let at = 0; at < looked.length; at += AT_ONCE)
      await Promise.all(
        looked.slice(at, at + AT_ONCE).map(async ({ blob }) => told.set(blob, inside(await read(blob)))),
      )
    const files = new Map<string, MappedFile>()
    const code: MappedFile[] = []
    await inTurns(index.files, (file) => {
      const document =
        file.facts === undefined ? undefined : index.segments[file.facts.segment]?.document(file.facts.doc)
      const mapped = {
        path: file.path,
        blob: file.blob,
        bytes: file.bytes,
        kind: kindOf(file, told.get(file.blob)),
        language: languageName(file.path),
        lines: document?.lines ?? 0,
        indexed: file,
      }
      files.set(file.path, mapped)
      if (mapped.language !== undefined && (mapped.kind === 'source' || mapped.kind === 'test')) code.push(mapped)
    })
    return new Ground(material, files, code)
  }

  get commit(): string {
    return this.index.commit
  }

  has(path: string): boolean {
    return this.#by_path.has(path)
  }

  file(path: string): MappedFile | undefined {
    return this.#by_path.get(path)
  }

  symbolsOf(path: string): readonly IndexedSymbol[] {
    const known = this.#symbols.get(path)
    if (known !== undefined) return known
    const file = this.#by_path.get(path)
    const symbols = file === undefined ? [] : this.index.symbolsOf(file.indexed)
    this.#symbols.set(path, symbols)
    return symbols
  }

  importsOf({ indexed }: MappedFile): readonly string[] {
    return this.index.importsOf(indexed)
  }

  /** True where a folder at the root holds anything. */
  hasFolder(name: string): boolean {
    return this.files.some(({ path }) => path.startsWith(`${name}/`))
  }

  /** The text of a regular file; undefined where it is missing, larger than `largest` bytes or binary. */
  text(path: string, largest = LARGEST_TEXT): Promise<string | undefined> {
    const known = this.#texts.get(path)
    if (known !== undefined) return known
    const made = this.#readText(path, largest)
    if ((this.#by_path.get(path)?.bytes ?? 0) <= LARGEST_KEPT) this.#texts.set(path, made)
    return made
  }

  async #readText(path: string, largest: number): Promise<string | undefined> {
    const file = this.#by_path.get(path)
    if (file === undefined || !file.indexed.mode.startsWith('100') || file.bytes > largest) return undefined
    const bytes = file.bytes === 0 ? new Uint8Array() : await this.#read(file.blob)
    if (bytes === undefined) return undefined
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
    return bytes.subarray(0, 8_000).includes(0) ? undefined : new TextDecoder().decode(bytes)
  }

  /** Texts of several files, those without one left out. */
  async texts(paths: readonly string[]): Promise<readonly (readonly [path: string, text: string])[]> {
    const found: (readonly [string, string])[] = []
    await this.eachText(paths, (path, text) => void found.push([path, text]))
    return found
  }

  /** Tells the texts of several files in the order of their paths, few at a time. */
  async eachText(paths: readonly string[], tell: (path: string, text: string) => void): Promise<void> {
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const some = paths.slice(at, at + AT_ONCE)
      const read = await Promise.all(some.map((path) => this.text(path)))
      await inTurns(some.entries(), ([number, path]) => {
        const text = read[number]
        if (text !== undefined) tell(path, text)
      })
    }
  }

  /** Paths of the files that hold a word as it is written. */
  pathsWith(word: string): readonly string[] {
    const found: string[] = []
    for (const [number, segment] of this.index.segments.entries())
      segment.eachDocumentWith(word, (doc) => {
        for (const at of this.index.holders(number, doc)) found.push(this.index.files[at]?.path ?? '')
      })
    return found
  }
}

function inside(bytes: Uint8Array | undefined): 'binary' | 'minified' | 'generated' | undefined {
  const why = bytes === undefined ? undefined : unreadBecause(bytes)
  return why === 'binary' || why === 'minified' || why === 'generated' ? why : undefined
}
