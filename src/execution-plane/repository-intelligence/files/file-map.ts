import type { MappedFileKind, FileMap } from '#ports'
import { bounded, count, mostFirst, push } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { twoDeep } from '../ground/path-parts.ts'

const MOST_FOLDERS = 200
const MOST_PATHS = 200

/** Folders, languages, and what is no work of people. */
export async function fileMapOf(ground: Ground): Promise<FileMap> {
  const { files, commit } = ground
  const paths = new Map<MappedFileKind, string[]>()
  const folders = new Map<string, Folder>()
  let bytes = 0
  let lines = 0
  await inTurns(files, (file) => {
    bytes += file.bytes
    lines += file.lines
    push(paths, file.kind, file.path)
    countInFolder(folders, file)
  })
  const listed = (kind: MappedFileKind) => bounded(paths.get(kind) ?? [], MOST_PATHS)
  return {
    version: 1,
    commit,
    files: files.length,
    bytes,
    lines,
    kinds: kindsOf((kind) => paths.get(kind)?.length ?? 0),
    languages: languagesOf(ground),
    folders: bounded(foldersOf(folders), MOST_FOLDERS),
    vendored: bounded(vendoredFolders(paths.get('vendored') ?? []), MOST_PATHS),
    generated: listed('generated'),
    binary: listed('binary'),
    huge: listed('huge'),
    minified: listed('minified'),
    links: listed('link'),
  }
}

const kindsOf = (of: (kind: MappedFileKind) => number): FileMap['kinds'] => ({
  source: of('source'),
  test: of('test'),
  documentation: of('documentation'),
  configuration: of('configuration'),
  generated: of('generated'),
  vendored: of('vendored'),
  minified: of('minified'),
  binary: of('binary'),
  huge: of('huge'),
  link: of('link'),
  other: of('other'),
})

function languagesOf({ code }: Ground): FileMap['languages'] {
  const files = new Map<string, number>()
  const lines = new Map<string, number>()
  for (const { language = '', lines: of_file } of code) {
    count(files, language)
    count(lines, language, of_file)
  }
  return mostFirst(lines).map(([name, total]) => ({ name, files: files.get(name) ?? 0, lines: total }))
}

interface Folder {
  files: number
  lines: number
  readonly languages: Map<string, number>
  readonly kinds: Map<MappedFileKind, number>
}

function countInFolder(folders: Map<string, Folder>, { path, lines, language, kind }: MappedFile): void {
  const at = twoDeep(path)
  const folder = folders.get(at) ?? { files: 0, lines: 0, languages: new Map(), kinds: new Map() }
  folders.set(at, folder)
  folder.files += 1
  folder.lines += lines
  if (language !== undefined) count(folder.languages, language)
  count(folder.kinds, kind)
}

const foldersOf = (folders: ReadonlyMap<string, Folder>): FileMap['folders']['entries'] =>
  [...folders]
    .sort((a, b) => b[1].files - a[1].files || (a[0] < b[0] ? -1 : 1))
    .map(([path, folder]) => ({
      path,
      files: folder.files,
      lines: folder.lines,
      language: mostFirst(folder.languages)[0]?.[0] ?? null,
      kind: mostFirst(folder.kinds)[0]?.[0] ?? 'other',
    }))

const VENDORED_FOLDER =
  /^(?:.*\/)?(?:node_modules|vendor|vendored|third[_-]party|bower_components|\.?venv|site-packages|\.yarn|\.mvn)(?=\/)/i

/** The outermost folder of each vendored file. */
const vendoredFolders = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.map((path) => VENDORED_FOLDER.exec(path)?.[0] ?? path)),
]
