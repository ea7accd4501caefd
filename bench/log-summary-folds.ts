/** How many logs show any and all of their marked lines, when every log is judged by trees of other repositories. */
import { foldsOf, hitOf, learn, rowsBy, seeded, type Hit, type ReadLog } from './log-summary-lessons.ts'

const LINES = 50
const SEED = 7

/** A table of the shares; the rows are ways to choose fifty lines. */
export function crossValidated(logs: readonly ReadLog[], folds: number): string {
  const held_out = foldsOf(logs, folds, seeded(SEED)).flatMap((fold) => {
    const inside = new Set(fold)
    const forest = learn(
      logs.filter((read) => !inside.has(read)),
      seeded(SEED),
    )
    return fold.map((read) => ({ read, hit: hitOf(read, rowsBy(read, forest, LINES)) }))
  })
  const tails = logs.map((read) => hitOf(read, lastRows(read)))
  const possible = logs.map(
    (read): Hit => ({ any: read.gold.size > 0, all: read.gold.size > 0 && read.gold.size <= LINES }),
  )
  return [
    `${logs.length} logs of ${new Set(logs.map(({ log }) => log.repository)).size} repositories, ${folds} folds by repository, ${LINES} lines`,
    line(
      'chosen by trees of other repositories',
      held_out.map(({ hit }) => hit),
    ),
    line('  each repository counted once', byRepository(held_out)),
    line('last lines', tails),
    line('most that fifty lines can hold', possible),
    worst(held_out),
  ].join('\n')
}

interface Judged {
  readonly read: ReadLog
  readonly hit: Hit
}

const share = (hits: readonly Hit[], of: keyof Hit): number => hits.filter((hit) => hit[of]).length / hits.length

const line = (name: string, hits: readonly Hit[] | { readonly any: number; readonly all: number }): string => {
  const { any, all } = 'any' in hits ? hits : { any: share(hits, 'any'), all: share(hits, 'all') }
  return `${name.padEnd(40)} any ${any.toFixed(3)}  all ${all.toFixed(3)}`
}

function byRepository(judged: readonly Judged[]): { readonly any: number; readonly all: number } {
  const groups = [...Map.groupBy(judged, ({ read }) => read.log.repository).values()]
  const mean = (of: keyof Hit): number =>
    groups.reduce(
      (sum, group) =>
        sum +
        share(
          group.map(({ hit }) => hit),
          of,
        ),
      0,
    ) / groups.length
  return { any: mean('any'), all: mean('all') }
}

function worst(judged: readonly Judged[]): string {
  const missed = judged.filter(({ read, hit }) => !hit.all && read.gold.size <= LINES)
  const groups = [...Map.groupBy(missed, ({ read }) => read.log.repository)].sort(
    ([, one], [, other]) => other.length - one.length,
  )
  return `not all, though possible: ${groups.map(([name, { length }]) => `${name} ${length}`).join(', ')}`
}

function lastRows(read: ReadLog): readonly number[] {
  const rows = read.keys.flatMap((key, row) => (key === '' ? [] : [row]))
  return rows.slice(-LINES)
}
