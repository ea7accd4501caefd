import { cpus } from 'node:os'
import process from 'node:process'
import type { Violation } from '../checker/ground.ts'

/** What an experiment came to; every figure was counted or measured. */
export interface Figures {
  readonly violations: readonly Violation[]
  readonly [name: string]: number | string | boolean | readonly Violation[] | Readonly<Record<string, number>>
}

/** Prints figures as lines that a person reads and a page quotes. */
function printFigures(name: string, figures: Figures): void {
  const { violations, ...rest } = figures
  console.log(`${name}, ${cpus().length} cores`)
  for (const [label, value] of Object.entries(rest))
    console.log(
      `  ${label.replaceAll('_', ' ').padEnd(34)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
  console.log(`  ${'violations'.padEnd(34)} ${violations.length}`)
  for (const { invariant, what } of violations) console.log(`    ${invariant}: ${what}`)
}

let asked = false

/** True once a command was told to end (SIGINT, SIGTERM): it breaks nothing more and prints what it has. */
export const isAskedToEnd = (): boolean => asked

/** Runs an experiment as a command, with the size that was given or the one of its short form. */
export async function runAsCommand(
  name: string,
  short: number,
  act: (size: number) => Promise<Figures>,
): Promise<void> {
  const began = Date.now()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (asked = true))
  const figures = await act(Number(process.argv[2] ?? short))
  printFigures(name, { ...figures, seconds: Math.round((Date.now() - began) / 1000) })
  process.exit(figures.violations.length === 0 ? 0 : 1)
}

/** The value below which this share of the measured ones lies; 0 where nothing was measured. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
