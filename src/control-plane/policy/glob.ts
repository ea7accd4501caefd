import picomatch from 'picomatch'
import { foldPath } from '#domain/path'

// `!` would turn a glob of allowed paths into all the others; extended globs can make matching slow.
const OPTIONS = { dot: true, nonegate: true, noextglob: true } as const

/** A glob of a rule or a scope, ready to be asked about folded paths. */
export interface PathGlob {
  readonly text: string
  /** True when the path, or a folder that it is in, is what the glob names. */
  covers(folded: string): boolean
  /** True when the glob names this very file: its last component has no wildcard and equals the path's. */
  names(folded: string): boolean
}

/**
 * Reads a glob (`**`, `*`, `?`, `[…]`, `{a,b}`); matching folds case and compatibility forms. A glob that is a folder
 * covers what is below it, and one with brackets in it also names the literal path, as in `app/[id]/page.tsx`.
 * @throws RangeError for a glob that can't be read
 */
export function readGlob(text: string): PathGlob {
  const trimmed = text
    .trim()
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
  if (trimmed === '' || trimmed === '.') return { text, covers: () => true, names: () => false }
  const folded = foldGlob(trimmed)
  const matches = picomatch([folded, `${folded}/**`], OPTIONS)
  const last = folded.slice(folded.lastIndexOf('/') + 1)
  const exact = picomatch(folded, OPTIONS)
  // Nothing that begins otherwise can match, and most rules speak of another folder than the one that is asked about.
  const prefix = (/^[^*?[\]{}()!+@|\\]*/.exec(folded)?.[0] ?? '').replace(/\/+$/, '')
  const covers = (path: string) =>
    path.startsWith(prefix) && (path === folded || path.startsWith(`${folded}/`) || matches(path))
  const isNamed = (path: string) => (path === folded || exact(path)) && path.slice(path.lastIndexOf('/') + 1) === last
  return { text, covers, names: isNamed }
}

function foldGlob(glob: string): string {
  const folded = foldPath(glob.split('/').filter((part) => part !== '' && part !== '.'))
  if (folded === undefined || folded.includes('..'))
    throw new RangeError(`the glob ${JSON.stringify(glob)} names no path`)
  return folded.join('/')
}

const LIMIT = 2000
/** Remembers what was computed for a text, a bounded number of them: the same paths are asked about at every call. */
export function remembering<Value>(compute: (text: string) => Value): (text: string) => Value {
  const seen = new Map<string, Value>()
  return (text) => {
    const found = seen.get(text)
    if (found !== undefined) return found
    if (seen.size >= LIMIT) seen.clear()
    const made = compute(text)
    seen.set(text, made)
    return made
  }
}

/** As `readGlob`, remembering what was read: the same scope is asked about at every call of a run. */
export const globOf: (text: string) => PathGlob = remembering(readGlob)
