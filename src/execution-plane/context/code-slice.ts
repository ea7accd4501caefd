/** What of one file is shown, with where it stands and why. */
export interface CodeSlice {
  readonly path: string
  readonly blob: string
  /**
   * `42-91`, or several such with commas between; counted from 1, both ends included. Lines of an outline are in the text
   * alone; empty where only an outline is shown.
   */
  readonly line_range: string
  readonly text: string
  /** In words. */
  readonly reasons: readonly string[]
}
