import { isTest, termsOf, wordsIn, type CodeIndex } from '#execution-plane/code-index'
import { lengthWeight } from './bm25.ts'

/** A file that is looked into, by its number in the list of the index. */
interface Row {
  readonly file: number
  readonly path: string
  readonly segment: number
  readonly doc: number
}

/** Lists of files by a term that stands in part of their path; `share` is what one term of that part is worth. */
interface NamedParts {
  readonly rows_of: ReadonlyMap<string, readonly number[]>
  readonly share: Float64Array
}

/** By segment: what a count in a document or chunk is weighed against, and whose it is. */
export interface Measures {
  /** 0 for a document that the commit does not have, 1 for text, 2 for code. */
  readonly kind: Uint8Array
  readonly document_norm: Float64Array
  readonly chunk_norm: Float64Array
  readonly doc_of_chunk: Uint32Array
}

/**
 * What is known of an index before anything is asked: made once, by the first question, so that the next ones touch
 * nothing but the postings of their own words. Rows are in the order of paths.
 */
export interface Ground {
  readonly rows: readonly Row[]
  readonly measures: readonly Measures[]
  readonly documents: number
  readonly chunks: number
  readonly flags: Readonly<Record<'test' | 'package_entry' | 'aside' | 'no_code', Float64Array>>
  /** Share of the commit's code that is in the language of the row. */
  readonly main_language: Float64Array
  readonly file_names: NamedParts
  readonly folder_names: NamedParts
  readonly by_name: ReadonlyMap<string, readonly number[]>
  readonly symbol_names: NamedParts & { readonly row: Uint32Array }
  /** What the packages of the repository may be called, in lower case. */
  readonly packages: ReadonlySet<string>
  /** Rows that hold a document. */
  readonly rowsOf: (segment: number, doc: number) => readonly number[]
}

const ASIDE =
  /(^|\/)(docs?|examples?|samples?|demos?|bench|benchmarks?|asv_bench|scripts?|tools?|fixtures?|playground)\/|\.(conf|config)\.\w+$/i
const ENTRY = /^(__init__|index|mod|lib)\.\w+$/

const KNOWN = new WeakMap<CodeIndex, Ground>()

/** The ground of an index; the same one for the same index. */
export function groundOf(index: CodeIndex): Ground {
  const known = KNOWN.get(index)
  if (known !== undefined) return known
  const made = makeGround(index)
  KNOWN.set(index, made)
  return made
}

function makeGround(index: CodeIndex): Ground {
  const rows = index.files.flatMap(({ path, facts }, file): readonly Row[] =>
    facts === undefined ? [] : [{ file, path, ...facts }],
  )
  const row_of = new Int32Array(index.files.length).fill(-1)
  for (const [row, { file }] of rows.entries()) row_of[file] = row
  const code = ({ segment, doc }: Row): boolean => index.segments[segment]?.hasLanguage(doc) === true
  const means = meansOf(index, rows.filter(code))
  return {
    rows,
    measures: index.segments.map((_, segment) => measuresOf(index, segment, means)),
    documents: means.documents,
    chunks: means.chunks,
    flags: {
      test: flag(rows, ({ path }) => isTest(path)),
      package_entry: flag(rows, ({ path }) => ENTRY.test(nameOf(path))),
      aside: flag(rows, ({ path }) => ASIDE.test(path)),
      no_code: flag(rows, (row) => !code(row)),
    },
    main_language: languageShares(index, rows),
    file_names: namedParts(rows, stemOf),
    folder_names: namedParts(rows, (path) => path.slice(0, path.length - nameOf(path).length)),
    by_name: Map.groupBy(rows.keys(), (row) => nameOf(rows[row]?.path ?? '')),
    symbol_names: symbolNames(index, rows),
    packages: packagesOf(index, rows),
    rowsOf: (segment, doc) => index.holders(segment, doc).map((file) => row_of[file] ?? -1),
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const stemOf = (path: string): string => nameOf(path).replace(/\.\w+$/, '')
const flag = (rows: readonly Row[], test: (row: Row) => boolean): Float64Array =>
  Float64Array.from(rows, (row) => (test(row) ? 1 : 0))

interface Means {
  readonly documents: number
  readonly document_length: number
  readonly chunks: number
  readonly chunk_length: number
}

/** What is rare, and what is long, is told by files with code; other text is weighed alike. */
function meansOf(index: CodeIndex, rows: readonly Row[]): Means {
  let length = 0
  let chunks = 0
  for (const { segment, doc } of rows) {
    length += index.segments[segment]?.document(doc).length ?? 0
    chunks += index.segments[segment]?.chunksOfDocument(doc) ?? 0
  }
  return {
    documents: rows.length,
    document_length: Math.max(1, length) / Math.max(1, rows.length),
    chunks,
    chunk_length: Math.max(1, length) / Math.max(1, chunks),
  }
}

function measuresOf(index: CodeIndex, at: number, means: Means): Measures {
  const segment = index.segments[at]
  const documents = segment?.documents ?? 0
  const chunks = segment?.chunks ?? 0
  const kind = new Uint8Array(documents)
  const document_norm = new Float64Array(documents)
  for (let doc = 0; doc < documents; doc++) {
    kind[doc] = index.holders(at, doc).length === 0 ? 0 : segment?.hasLanguage(doc) === true ? 2 : 1
    document_norm[doc] = lengthWeight((segment?.document(doc).length ?? 0) / means.document_length)
  }
  const chunk_norm = new Float64Array(chunks)
  const doc_of_chunk = new Uint32Array(chunks)
  for (let chunk = 0; chunk < chunks; chunk++) {
    chunk_norm[chunk] = lengthWeight((segment?.lengthOfChunk(chunk) ?? 0) / means.chunk_length)
    doc_of_chunk[chunk] = segment?.docOfChunk(chunk) ?? 0
  }
  return { kind, document_norm, chunk_norm, doc_of_chunk }
}

function languageShares(index: CodeIndex, rows: readonly Row[]): Float64Array {
  const languages = rows.map(({ segment, doc }) => index.segments[segment]?.document(doc).language)
  const bytes = new Map<string, number>()
  let total = 0
  for (const [row, { segment, doc }] of rows.entries()) {
    const language = languages[row]
    if (language === undefined) continue
    const size = index.segments[segment]?.document(doc).bytes ?? 0
    bytes.set(language, (bytes.get(language) ?? 0) + size)
    total += size
  }
  return Float64Array.from(languages, (language) => (language === undefined ? 0 : (bytes.get(language) ?? 0) / total))
}

/** Folders near the root, and what Go and Java files say that their package is. */
function packagesOf(index: CodeIndex, rows: readonly Row[]): ReadonlySet<string> {
  const packages = new Set<string>()
  for (const { path, segment, doc } of rows) {
    for (const folder of path.split('/').slice(0, -1).slice(0, 3)) packages.add(folder.toLowerCase())
    if (!path.endsWith('.go')) continue
    const said = /^package\s+(\w+)/.exec(index.segments[segment]?.importsOf(doc)[0] ?? '')?.[1]
    if (said !== undefined) packages.add(said.toLowerCase())
  }
  return packages
}

function symbolNames(index: CodeIndex, rows: readonly Row[]) {
  const owners: number[] = []
  const shares: number[] = []
  const rows_of = new Map<string, number[]>()
  const known = new Map<string, readonly string[]>()
  for (const [row, { segment, doc }] of rows.entries())
    for (const { name } of index.segments[segment]?.symbolsOf(doc) ?? []) {
      const terms = known.get(name) ?? [...new Set(termsOf(name))]
      known.set(name, terms)
      for (const term of terms) {
        const there = rows_of.get(term)
        if (there === undefined) rows_of.set(term, [owners.length])
        else there.push(owners.length)
      }
      owners.push(row)
      shares.push(1 / Math.sqrt(Math.max(1, terms.length)))
    }
  return { rows_of, share: Float64Array.from(shares), row: Uint32Array.from(owners) }
}

function namedParts(rows: readonly Row[], part: (path: string) => string): NamedParts {
  const rows_of = new Map<string, number[]>()
  const known = new Map<string, readonly string[]>()
  const share = Float64Array.from(rows, ({ path }, row) => {
    const text = part(path)
    const terms = known.get(text) ?? [...new Set(wordsIn(text).flatMap(termsOf))]
    known.set(text, terms)
    for (const term of terms) {
      const there = rows_of.get(term)
      if (there === undefined) rows_of.set(term, [row])
      else there.push(row)
    }
    return 1 / Math.sqrt(Math.max(1, terms.length))
  })
  return { rows_of, share }
}
