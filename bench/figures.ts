/** One line of the report. */
export interface Figure {
  /** Name of the benchmark; its row in bench/README.md has the same. */
  readonly benchmark: string
  readonly what: string
  readonly unit: 'ms' | 'bytes' | 'MB' | '/s'
  readonly p50: number
  readonly p95?: number
  /** The least of the samples: what a machine without other work would come near to. */
  readonly least?: number
  readonly samples: number
  /** What it is compared with, measured in the same run. */
  readonly floor?: { readonly what: string; readonly p50: number }
  /** The goal in words, and whether it is met; absent where none is set. */
  readonly goal?: { readonly text: string; readonly met: boolean }
}

/** The value below which the share of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

/** Median, 95th percentile and least of times. */
export const spread = (samples: readonly number[]) => ({
  p50: quantile(samples, 0.5),
  p95: quantile(samples, 0.95),
  least: Math.min(...samples),
  samples: samples.length,
})

/** Milliseconds one act takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await act()
  return performance.now() - from
}

/** Repeats an act and gives the time of each; the first is not counted. */
export async function repeated(times: number, act: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  await act(-1)
  const samples: number[] = []
  for (let index = 0; index < times; index++) samples.push(await timed(() => act(index)))
  return samples
}

/** The report as a table for people. */
export function table(figures: readonly Figure[]): string {
  const head = ['benchmark', 'what', 'n', 'least', 'p50', 'p95', 'floor', 'ratio', 'goal', '']
  const rows = figures.map((figure) => [
    figure.benchmark,
    figure.what,
    String(figure.samples),
    figure.least === undefined ? '' : shown(figure.least, figure.unit),
    shown(figure.p50, figure.unit),
    figure.p95 === undefined ? '' : shown(figure.p95, figure.unit),
    figure.floor === undefined ? '' : `${shown(figure.floor.p50, figure.unit)} ${figure.floor.what}`,
    figure.floor === undefined ? '' : `${(figure.p50 / figure.floor.p50).toFixed(2)}x`,
    figure.goal?.text ?? '',
    figure.goal === undefined ? '' : figure.goal.met ? 'met' : 'NOT MET',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

const shown = (value: number, unit: Figure['unit']): string => {
  const digits = unit === 'bytes' || unit === '/s' ? 0 : value < 1 ? 3 : value < 100 ? 1 : 0
  return `${value.toFixed(digits)} ${unit}`
}
