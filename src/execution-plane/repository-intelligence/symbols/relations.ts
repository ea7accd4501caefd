import type { SymbolRelation } from '#ports'
import type { IndexedSymbol } from '#execution-plane/code-index'
import { push } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import type { Imports } from '../imports/follow-imports.ts'

const TYPES: ReadonlySet<string> = new Set(['class', 'interface', 'enum', 'type', 'implementation'])
/** Files whose declarations are read; of a larger repository the most imported. */
const MOST_READ = 1_000
const MOST_LINES = 8
/** Languages in which a type says plainly what it is made from. */
const TOLD: ReadonlySet<string> = new Set([
  'TypeScript',
  'JavaScript',
  'Java',
  'Kotlin',
  'Scala',
  'Groovy',
  'PHP',
  'Python',
  'C#',
  'C++',
  'Ruby',
  'Rust',
])

type Told = Pick<SymbolRelation, 'kind' | 'to'>

/** What types say of each other where they are declared: which extends which, which implements which. */
export async function relationsOf(ground: Ground, imports: Imports): Promise<readonly SymbolRelation[]> {
  const declared = new Map<string, string[]>()
  const with_types: MappedFile[] = []
  await inTurns(ground.code, (file) => {
    if (!TOLD.has(file.language ?? '') || file.kind !== 'source') return
    const types = typesOf(ground, file.path)
    for (const { name } of types) push(declared, name, file.path)
    if (types.length > 0) with_types.push(file)
  })
  const relations: SymbolRelation[] = []
  const read = mostImported(with_types, imports)
  await ground.eachText(read, (path, text) => {
    const lines = text.split('\n')
    const language = ground.file(path)?.language ?? ''
    for (const type of typesOf(ground, path))
      for (const { from = type.name, kind, to } of toldBy(language, headOf(lines, type.start_line)))
        relations.push({ from, kind, to, path, line: type.start_line, to_path: placeOf(to, path) })
  })
  return relations.toSorted((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))

  /** Where a type is declared: in this file, in one it imports, else in the only one there is. */
  function placeOf(name: string, path: string): string | null {
    const places = declared.get(name) ?? []
    if (places.includes(path)) return path
    const imported = imports.of.get(path) ?? []
    return places.find((place) => imported.includes(place)) ?? (places.length === 1 ? (places[0] ?? null) : null)
  }
}

/** A type alias may ask what extends what, and extends nothing itself. */
const ALIASES = /\.([cm]?[jt]sx?|kt|scala)$/

const typesOf = (ground: Ground, path: string): readonly IndexedSymbol[] =>
  ground.symbolsOf(path).filter(({ kind }) => TYPES.has(kind) && (kind !== 'type' || !ALIASES.test(path)))

/** In the order of paths. */
function mostImported(files: readonly MappedFile[], imports: Imports): readonly string[] {
  if (files.length <= MOST_READ) return files.map(({ path }) => path)
  const importers = new Map(files.map(({ path }) => [path, imports.by.get(path)?.length ?? 0]))
  return files
    .map(({ path }) => path)
    .toSorted((a, b) => (importers.get(b) ?? 0) - (importers.get(a) ?? 0))
    .slice(0, MOST_READ)
}

/** A declaration up to where its body begins; what stands in angle brackets is left out. */
function headOf(lines: readonly string[], start: number): string {
  const first = lines
    .slice(start - 1, start - 1 + MOST_LINES)
    .join(' ')
    .slice(0, 1_000)
  const body = first.search(/[{]|:\s*$|:\s{2,}/)
  let head = (body < 0 ? first : first.slice(0, body + 1)).replaceAll('=>', ' ')
  for (let depth = 0; depth < 4 && head.includes('<'); depth++) head = head.replaceAll(/<[\w$.,?&|[\]\s'"-]*>/g, '')
  return head
}

const NAMES = String.raw`([\w$.:,\s]+)`
const EXTENDS = new RegExp(String.raw`\bextends\s+${NAMES}`)
const IMPLEMENTS = new RegExp(String.raw`\bimplements\s+${NAMES}`)

function toldBy(language: string, head: string): readonly (Told & { readonly from?: string })[] {
  switch (language) {
    case 'Python':
      return named('extends', /^\s*class\s+\w+\s*\(([^)]*)/.exec(head)?.[1]?.replaceAll(/\w+\s*=[^,]*/g, ''))
    case 'Ruby':
      return named('extends', /^\s*class\s+[\w:]+\s*<\s*([\w:]+)/.exec(head)?.[1])
    case 'C#':
    case 'Kotlin':
    case 'C++':
      return named(
        'extends',
        /\b(?:class|struct|interface|object|record)\s+[\w:]+[^:{]*:(?!:)\s*([^{]+)/.exec(head)?.[1],
      )
    case 'Rust': {
      const [, trait, type] = /^\s*(?:unsafe\s+)?impl\s+!?([\w:]+)\s+for\s+&?(?:'\w+\s+)?([\w:]+)/.exec(head) ?? []
      return trait === undefined || type === undefined
        ? []
        : [{ from: lastPart(type), kind: 'implements', to: lastPart(trait) }]
    }
    default:
      return [
        ...named('extends', EXTENDS.exec(head)?.[1]?.replace(/\b(implements|with|permits)\b[^]*$/, '')),
        ...named('implements', IMPLEMENTS.exec(head)?.[1]?.replace(/\b(extends|permits)\b[^]*$/, '')),
      ]
  }
}

const NO_TYPE = /^(public|private|protected|virtual|internal|where|object)$/

/** The types of a list, without what they are called with. */
const named = (kind: Told['kind'], list: string | undefined): readonly Told[] =>
  (list ?? '')
    .replaceAll(/\([^)]*\)?/g, '')
    .split(',')
    .map((part) =>
      lastPart(
        part
          .trim()
          .split(/\s+/)
          .filter((word) => !NO_TYPE.test(word))[0] ?? '',
      ),
    )
    .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map((to) => ({ kind, to }))

const lastPart = (name: string): string => name.split(/::|\./).at(-1) ?? name
