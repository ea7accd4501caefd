import type { CodeIndex } from '#execution-plane/code-index'
import type { Instance } from './instances.ts'

/** What a packed context holds of what a fix changed. */
export interface Found {
  readonly all_files: boolean
  readonly any_file: boolean
  /** Every line of every function that the fix changed; null where it changed none that stood there before. */
  readonly all_lines: boolean | null
}

/** Where a function stands that a fix changed. */
export interface GoldLines {
  readonly path: string
  readonly start: number
  readonly end: number
}

/** Functions of the base commit that the data names. Of a class its lines up to the first member; imports do not count. */
export function goldLinesOf(index: CodeIndex, instance: Instance): readonly GoldLines[] {
  return Object.entries(instance.expected_spans ?? {}).flatMap(([path, names]) => {
    const file = index.files.find((each) => each.path === path)
    const symbols = file === undefined ? [] : index.symbolsOf(file)
    return names.flatMap((name) => {
      const parts = name.split('.')
      const found = symbols.find(
        (symbol) => symbol.name === parts.at(-1) && (parts.length === 1 || symbol.container === parts.at(-2)),
      )
      if (found === undefined) return []
      const members = symbols.filter((each) => each.start_line > found.start_line && each.end_line <= found.end_line)
      const first = found.kind === 'class' ? members[0]?.start_line : undefined
      return [{ path, start: found.start_line, end: first === undefined ? found.end_line : first - 1 }]
    })
  })
}

/** Ranges as a manifest writes them. */
export const linesIn = (written: string): readonly { readonly start: number; readonly end: number }[] =>
  written.split(',').flatMap((range) => {
    const [start, end] = range.split('-').map(Number)
    return start === undefined || end === undefined || range === '' ? [] : [{ start, end }]
  })

/** In percent, of those that can be told. */
export function shareOf(found: readonly Found[], test: (one: Found) => boolean | null): number {
  const told = found.map(test).filter((answer) => answer !== null)
  return (100 * told.filter(Boolean).length) / Math.max(1, told.length)
}
