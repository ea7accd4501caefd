/** Lines of a file, counted from 1, both ends included. */
export interface LineRange {
  readonly start: number
  readonly end: number
}

/** As people and manifests write ranges. */
export const writeRanges = (ranges: readonly LineRange[]): string =>
  ranges.map(({ start, end }) => `${start}-${end}`).join(',')
