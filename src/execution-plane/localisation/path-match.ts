import type { Ground } from './ground.ts'

/** Of so many files with the same ending none is meant more than another. */
const MOST_MEANT = 3
/** A path of one name alone may be another file of that name. */
const NAME_ALONE = 0.7
const COMPILED = /\.[cm]?js$/
const SOURCES = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.jsx']

/** By row: how surely the issue names a file by its path: 1 for one that fits it alone and by more than its name. */
export function namedPaths(ground: Ground, said: Iterable<string>): ReadonlyMap<number, number> {
  const named = new Map<number, number>()
  for (const path of new Set(said)) {
    const wanted = path.replaceAll('\\', '/').replace(/^(?:file:\/\/)?[ab~.]*\//, '')
    for (const [row, sure] of meantBy(ground, wanted)) named.set(row, Math.max(named.get(row) ?? 0, sure))
  }
  return named
}

function meantBy(ground: Ground, wanted: string): readonly (readonly [row: number, sure: number])[] {
  const spelt = ground.by_name.has(nameOf(wanted)) || !COMPILED.test(wanted) ? [wanted] : sourcesOf(wanted)
  const scored = spelt.flatMap((path) =>
    (ground.by_name.get(nameOf(path)) ?? []).map((row) => ({
      row,
      alike: alikeFromEnd(ground.rows[row]?.path ?? '', path),
    })),
  )
  const best = scored.reduce((most, { alike }) => Math.max(most, alike), 0)
  const meant = scored.filter(({ alike }) => alike === best)
  if (meant.length > MOST_MEANT) return []
  return meant.map(({ row }) => [row, (best > 1 ? 1 : NAME_ALONE) / meant.length])
}

/** Where the source of a compiled file may be: a trace shows the output. */
const sourcesOf = (compiled: string): readonly string[] => SOURCES.map((ending) => compiled.replace(COMPILED, ending))

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function alikeFromEnd(path: string, wanted: string): number {
  const [there, asked] = [path.split('/').toReversed(), wanted.split('/').toReversed()]
  let alike = 0
  while (alike < there.length && alike < asked.length && there[alike] === asked[alike]) alike += 1
  return alike
}
