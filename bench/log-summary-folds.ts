/** How many logs show any and all of their marked lines, when every log is judged by trees of other repositories. */
import { foldsOf, hitOf, learn, rowsBy, seeded, type Hit, type ReadLog } from './log-summary-lessons.ts'

const LINES = 50
const SEED = 7
/** What people look for in a log, and the lines around it that `grep -B2 -A5` gives. */
const ERROR_WORDS = /error|fail|exception|fatal|panic/i
const BEFORE = 2
const AFTER = 5

interface Chosen {
  readonly read: ReadLog
  readonly rows: readonly number[]
}

/** A table of the shares; its rows are ways to choose fifty lines. */
export function crossValidated(logs: readonly ReadLog[], folds: number): string {
  const by_fold = foldsOf(logs, folds, seeded(SEED)).map((fold) => {
    const inside = new Set(fold)
    const others = logs.filter((read) => !inside.has(read))
    const forest = learn(others, seeded(SEED))
    return fold.map((read): Chosen => ({ read, rows: rowsBy(read, forest, LINES) }))
  })
  const held_out = by_fold.flat()
  const peer = (name: string, rowsOf: (read: ReadLog) => readonly number[]): string =>
    line(name, (of) =>
      shareOf(
        logs.map((read) => ({ read, rows: rowsOf(read) })),
        of,
      ),
    )
  return [
    `${logs.length} logs of ${new Set(logs.map(({ log }) => log.repository)).size} repositories, ${folds} folds by repository, ${LINES} lines`,
    `${''.padEnd(42)} any    all    any, exact  all, exact`,
    line('chosen by trees of other repositories', (of) => shareOf(held_out, of)),
    line('  deviation between folds', (of) => deviation(by_fold.map((fold) => shareOf(fold, of)))),
    line('  each repository counted once', (of) => byRepository(held_out, of)),
    peer('last lines', (read) => filled(read).slice(-LINES)),
    peer('first lines', (read) => filled(read).slice(0, LINES)),
    peer('first lines around error words', (read) => aroundErrors(read).slice(0, LINES)),
    peer('last lines around error words', (read) => aroundErrors(read).slice(-LINES)),
    line('most that fifty lines can hold', (of) => possible(logs, of)),
    worst(held_out),
  ].join('\n')
}

interface Figure {
  readonly of: keyof Hit
  readonly match: 'letters' | 'exact'
}

const FIGURES: readonly Figure[] = [
  { of: 'any', match: 'letters' },
  { of: 'all', match: 'letters' },
  { of: 'any', match: 'exact' },
  { of: 'all', match: 'exact' },
]

const line = (name: string, figureOf: (figure: Figure) => number): string =>
  `${name.padEnd(42)} ${FIGURES.map((figure) => figureOf(figure).toFixed(3)).join('  ')}`

/** Of the logs that have marked lines to be found at all. */
function shareOf(chosen: readonly Chosen[], { of, match }: Figure): number {
  const judged = chosen.filter(({ read }) => goldOf(read, match).size > 0)
  return judged.filter(({ read, rows }) => hitOf(read, rows, match)[of]).length / judged.length
}

const goldOf = (read: ReadLog, match: Figure['match']): ReadonlySet<string> =>
  match === 'letters' ? read.gold : read.exact_gold

function possible(logs: readonly ReadLog[], { of, match }: Figure): number {
  const sizes = logs.map((read) => goldOf(read, match).size).filter((size) => size > 0)
  return of === 'any' ? 1 : sizes.filter((size) => size <= LINES).length / sizes.length
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

function byRepository(judged: readonly Chosen[], figure: Figure): number {
  const groups = [...Map.groupBy(judged, ({ read }) => read.log.repository).values()]
  const shares = groups.map((group) => shareOf(group, figure)).filter((share) => !Number.isNaN(share))
  return mean(shares)
}

function worst(judged: readonly Chosen[]): string {
  const missed = judged.filter(({ read, rows }) => !hitOf(read, rows).all && read.gold.size <= LINES)
  const groups = [...Map.groupBy(missed, ({ read }) => read.log.repository)].sort(
    ([, one], [, other]) => other.length - one.length,
  )
  return `not all, though possible: ${groups.map(([name, { length }]) => `${name} ${length}`).join(', ')}`
}

const filled = (read: ReadLog): readonly number[] => read.keys.flatMap((key, row) => (key === '' ? [] : [row]))

function aroundErrors(read: ReadLog): readonly number[] {
  const near = new Set<number>()
  for (const [row, { text }] of read.lines.entries())
    if (ERROR_WORDS.test(text)) for (let at = row - BEFORE; at <= row + AFTER; at++) near.add(at)
  return filled(read).filter((row) => near.has(row))
}
