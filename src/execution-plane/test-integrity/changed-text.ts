/** One changed path with both texts; a binary file, a link and a file that is not there have none. */
export interface ChangedText {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** A line of one text that the other does not have, 1-based. */
export interface SurplusLine {
  readonly line: number
  readonly text: string
}

/** Lines that the proposed text has more often than the base: moved ones are none. */
export const addedLines = ({ before, after }: ChangedText): readonly SurplusLine[] => surplus(after, before)

/** Lines that the base has more often than the proposed text, with their number in the base. */
export const removedLines = ({ before, after }: ChangedText): readonly SurplusLine[] => surplus(before, after)

/** The lines of a text, whichever way they end. */
export const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split(/\r?\n/))

function surplus(text: string | undefined, against: string | undefined): readonly SurplusLine[] {
  const known = new Map<string, number>()
  for (const line of linesOf(against ?? '')) known.set(line, (known.get(line) ?? 0) + 1)
  return linesOf(text ?? '').flatMap((line, at) => {
    const left = known.get(line) ?? 0
    if (left > 0) known.set(line, left - 1)
    return left > 0 ? [] : [{ line: at + 1, text: line }]
  })
}
