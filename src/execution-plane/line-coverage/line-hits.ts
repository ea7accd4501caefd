/** What tests reached of one file; lines are 1-based. */
export interface LineHits {
  /** As the tool names it: relative to the repository, or ending with such a path. */
  readonly path: string
  readonly executable: ReadonlySet<number>
  readonly hit: ReadonlySet<number>
}

/** Collects lines by file; a line that is reached in one record is reached. */
export class HitCollector {
  readonly #files = new Map<string, { readonly executable: Set<number>; readonly hit: Set<number> }>()

  /** Notes one line; what is no plausible line number is left out. */
  add(path: string, line: number, is_hit: boolean): void {
    if (path === '' || !Number.isSafeInteger(line) || line < 1 || line > 10_000_000) return
    let file = this.#files.get(path)
    if (file === undefined) this.#files.set(path, (file = { executable: new Set(), hit: new Set() }))
    file.executable.add(line)
    if (is_hit) file.hit.add(line)
  }

  all(): readonly LineHits[] {
    return [...this.#files].map(([path, lines]) => ({ path, ...lines }))
  }
}
