/** How often what was sought stands among the first, in percent. */
export interface Hits {
  readonly count: number
  /** Every gold file among the first k; for k below their number, as many of them as there are places. */
  readonly all: Readonly<Record<1 | 5 | 10, number>>
  /** At least one of them. */
  readonly any: Readonly<Record<1 | 5 | 10, number>>
  /** Mean of one by the place of the first gold file. */
  readonly reciprocal_rank: number
}

export interface Answer {
  readonly repo: string
  readonly ranking: readonly string[]
  readonly gold: readonly string[]
}

/** Counts answers. */
export function hitsOf(answers: readonly Answer[]): Hits {
  const share = (test: (answer: Answer) => boolean): number =>
    (100 * answers.filter(test).length) / Math.max(1, answers.length)
  const any = (k: number) => share(({ ranking, gold }) => gold.some((path) => ranking.slice(0, k).includes(path)))
  const all = (k: number) =>
    share(({ ranking, gold }) => {
      const first = ranking.slice(0, k)
      return gold.filter((path) => first.includes(path)).length >= Math.min(k, gold.length)
    })
  const rank = answers.reduce((sum, { ranking, gold }) => {
    const place = ranking.findIndex((path) => gold.includes(path))
    return sum + (place < 0 ? 0 : 1 / (place + 1))
  }, 0)
  return {
    count: answers.length,
    all: { 1: all(1), 5: all(5), 10: all(10) },
    any: { 1: any(1), 5: any(5), 10: any(10) },
    reciprocal_rank: rank / Math.max(1, answers.length),
  }
}

/** One row of a table in Markdown. */
export function rowOf(name: string, { count, all, any, reciprocal_rank }: Hits): string {
  const cells = [all[1], all[5], all[10], any[1], any[5], any[10]].map((value) => value.toFixed(1))
  return `| ${[name, count, ...cells, reciprocal_rank.toFixed(3)].join(' | ')} |`
}

export const HEADING =
  '| who | n | all@1 | all@5 | all@10 | any@1 | any@5 | any@10 | MRR |\n|---|---|---|---|---|---|---|---|---|'
