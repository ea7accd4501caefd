import type { ChangedLineCoverage, FileCoverage } from '#domain/verification'
import type { LineHits } from './line-hits.ts'

/** Lines of a file that a change added or altered. */
export interface ChangedLines {
  readonly path: string
  readonly lines: readonly number[]
}

/** How many of the changed lines that can run were reached; a file that no record names was not loaded by any test. */
export function coverChangedLines(
  changed: readonly ChangedLines[],
  hits: readonly LineHits[],
  by: string,
): ChangedLineCoverage {
  const files = changed.map(({ path, lines }): FileCoverage => {
    const known = hits.filter((one) => isSame(one.path, path))
    if (known.length === 0 && hits.some((one) => isBuiltFrom(one.path, path)))
      return { path, executable: 0, covered: 0, uncovered: [] }
    const executable = lines.filter((line) => known.length === 0 || known.some((one) => one.executable.has(line)))
    const uncovered = executable.filter((line) => !known.some((one) => one.hit.has(line)))
    return { path, executable: executable.length, covered: executable.length - uncovered.length, uncovered }
  })
  const sum = (pick: (file: FileCoverage) => number) => files.reduce((total, file) => total + pick(file), 0)
  const executable = sum((file) => file.executable)
  if (executable === 0) return { measured: false, reason: 'no changed line of a source can run' }
  return { measured: true, by, executable, covered: sum((file) => file.covered), files }
}

/** Tools name files by their import path, by an absolute path or from some folder of sources. */
const isSame = (named: string, path: string): boolean =>
  named === path || named.endsWith(`/${path}`) || (named.includes('/') && path.endsWith(`/${named}`))

/** What a build makes of a source has its name with another ending; its lines say nothing about the source's. */
const isBuiltFrom = (named: string, path: string): boolean =>
  /\.[cm]?tsx?$/.test(path) && /\.[cm]?jsx?$/.test(named) && stem(named) === stem(path)

const stem = (path: string): string => path.replace(/^.*\//, '').replace(/\.\w+$/, '')
