import type { RankedFile } from '#ports'
import type { Instance } from './instances.ts'

/** Functions that a fix changed in one file, and those that were named for it, best first. */
export interface NamedFunctions {
  readonly gold: readonly string[]
  readonly named: readonly string[]
}

/** What was named for the gold files in which somebody labelled functions. */
export const namedFunctions = (files: readonly RankedFile[], { expected_spans }: Instance): readonly NamedFunctions[] =>
  Object.entries(expected_spans ?? {}).flatMap(([path, spans]) => {
    const gold = spans.filter((span) => !span.startsWith('imports'))
    const named = files.find((file) => file.path === path)?.functions.map(({ name }) => name) ?? []
    return gold.length === 0 ? [] : [{ gold, named }]
  })

/** Prints the share of gold functions among the first that are named, the mean over files, in percent. */
export function printFunctions(found: readonly NamedFunctions[]): void {
  const shares = [1, 3, 5].map((first) => {
    const share = ({ gold, named }: NamedFunctions): number =>
      gold.filter((name) => named.slice(0, first).includes(name)).length / gold.length
    return ((100 * found.reduce((sum, one) => sum + share(one), 0)) / Math.max(1, found.length)).toFixed(1)
  })
  console.log(`\nof the functions a fix changed in a file, named among its first 1, 3, 5: ${shares.join(', ')} %`)
  console.log(`(${found.length} files with labels)`)
}
