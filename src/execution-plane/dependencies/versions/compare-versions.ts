import type { Advisory, PackageTool } from '#ports'
import { compareMaven } from './maven-version.ts'
import { comparePython } from './python-version.ts'
import { compareSemantic } from './semantic-version.ts'

/** Order of two versions in the grammar of their tool; undefined where either is no version of it. */
export function compareVersions(tool: PackageTool, left: string, right: string): number | undefined {
  if (tool === 'pip') return comparePython(left, right)
  if (tool === 'maven') return compareMaven(left, right)
  return compareSemantic(left, right)
}

const VERSION = /v?\d+(?:\.(?:\d+|[xX*]))*(?:[-.+]?[0-9A-Za-z][0-9A-Za-z.+-]*)?/

/** The lowest version that a range lets in: its first one that is no upper bound. Undefined: it names none. */
export function lowestVersion(range: string): string | undefined {
  for (const part of range.split(/[\s,]+|\|\|/)) {
    if (/^(?:<|!=|\)|\])/.test(part)) continue
    const found = VERSION.exec(part.replace(/^[[(]/, ''))?.[0]
    if (found !== undefined) return found.replaceAll(/\.[xX*]/g, '.0')
  }
  return undefined
}

/** True where a raise breaks by the rule of versions: another first number, or, before 1.0, another second one. */
export function isMajorRaise(tool: PackageTool, from: string, to: string): boolean {
  const order = compareVersions(tool, from, to)
  if (order === undefined || order >= 0) return false
  const [one, other] = [numbersOf(from), numbersOf(to)]
  if (one[0] !== other[0]) return true
  return one[0] === 0 && tool !== 'pip' && tool !== 'maven' && one[1] !== other[1]
}

const numbersOf = (version: string): readonly number[] =>
  version
    .replace(/^[v=\s]+/, '')
    .replace(/^\d+!/, '')
    .split(/[.\-+]/)
    .map(Number)

/** Whether an advisory speaks of this version; undefined where its ranges or the version cannot be read. */
export function isAffected({ tool, versions, ranges }: Advisory, version: string): boolean | undefined {
  if (versions.includes(version) || versions.some((each) => compareVersions(tool, each, version) === 0)) return true
  let unreadable = false
  for (const { introduced, fixed, last_affected } of ranges) {
    const from = introduced === '0' ? 1 : compareVersions(tool, version, introduced)
    const to = fixed === undefined ? -1 : compareVersions(tool, version, fixed)
    const last = last_affected === undefined ? 0 : compareVersions(tool, version, last_affected)
    if (from === undefined || to === undefined || last === undefined) unreadable = true
    else if (from >= 0 && to < 0 && last <= 0) return true
  }
  return unreadable ? undefined : false
}
