import { inverseFrequency } from './bm25.ts'
import type { Question } from './question.ts'

/** What the files declare of what an issue names, by row. */
export interface Definitions {
  /** Worth of the rarest identifier that the issue names as one. */
  readonly worth: Float64Array
  /** The same of plain words of the title. */
  readonly plain: Float64Array
  /** Names that count for a row, the rarest first. */
  readonly names: (row: number) => readonly string[]
}

/** Words that weigh less were only seen in passing. */
const NAMED = 2
const IN_TITLE = 1

/** Which of the identifiers of an issue each file declares. */
export function definitionsOf(question: Question): Definitions {
  const { ground, issue, index } = question
  const worth = new Float64Array(ground.rows.length)
  const plain = new Float64Array(ground.rows.length)
  const found = new Map<number, { readonly name: string; readonly worth: number }[]>()
  for (const [name, weight] of issue.words) {
    if (weight < IN_TITLE) continue
    const rows = rowsDeclaring(question, name, () => true)
    const value = weight * inverseFrequency(rows.size, index.files.length)
    for (const row of rows) {
      if (weight < NAMED) {
        plain[row] = Math.max(plain[row] ?? 0, value)
        continue
      }
      worth[row] = Math.max(worth[row] ?? 0, value)
      const there = found.get(row)
      if (there === undefined) found.set(row, [{ name, worth: value }])
      else there.push({ name, worth: value })
    }
  }
  const names = (row: number) =>
    [...(found.get(row) ?? [])].sort((a, b) => b.worth - a.worth || (a.name < b.name ? -1 : 1)).map(({ name }) => name)
  return { worth, plain, names }
}

/** By row: how rarely a name stands in the owner that the issue gives it. */
export function qualifiedHits(question: Question): Float64Array {
  const { ground, issue, index } = question
  const filled = new Float64Array(ground.rows.length)
  for (const { owner, name } of issue.qualified) {
    const wanted = owner.toLowerCase()
    const whole_package = ground.packages.has(wanted) || issue.aliases.has(owner)
    const rows = rowsDeclaring(question, name, (row, container) =>
      container === undefined
        ? whole_package || belongsTo(ground.rows[row]?.path ?? '', wanted)
        : container.toLowerCase() === wanted,
    )
    const worth = inverseFrequency(rows.size, index.files.length)
    for (const row of rows) filled[row] = Math.max(filled[row] ?? 0, worth)
  }
  return filled
}

function rowsDeclaring(
  { index, ground, postings }: Question,
  name: string,
  counts: (row: number, container: string | undefined) => boolean,
): ReadonlySet<number> {
  const rows = new Set<number>()
  for (const [at, symbols] of postings.symbolsNamed(name).entries()) {
    const segment = index.segments[at]
    for (const symbol of segment === undefined ? [] : symbols)
      for (const row of ground.rowsOf(at, segment?.docOfSymbol(symbol) ?? 0))
        if (!rows.has(row) && counts(row, segment?.containerOf(symbol))) rows.add(row)
  }
  return rows
}

/** A file or its folder is what the name belongs to in languages whose modules and packages are called so. */
function belongsTo(path: string, owner: string): boolean {
  const [file = '', folder = ''] = path.toLowerCase().split('/').toReversed()
  return folder === owner || file.replace(/\.\w+$/, '') === owner
}
