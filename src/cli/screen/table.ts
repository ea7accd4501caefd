import { cut } from './plain-text.ts'

interface Layout {
  readonly width: number
  readonly indent?: string
  /** Colours a cell after it was laid out. */
  readonly paint?: (cell: string, row: number, column: number) => string
}

/** Lays rows out in columns two spaces apart; the last column is cut to what is left of the width. */
export function table(rows: readonly (readonly string[])[], layout: Layout): readonly string[] {
  const { width, indent = '', paint = (cell) => cell } = layout
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => length(row[column] ?? ''))),
  )
  const used = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, indent.length)
  return rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      column === columns - 1
        ? cut(cell, Math.max(10, width - used))
        : cell + ' '.repeat((widths[column] ?? 0) - length(cell)),
    )
    return `${indent}${cells.map((cell, column) => paint(cell, index, column)).join('  ')}`.trimEnd()
  })
}

const length = (text: string) => Array.from(text).length
