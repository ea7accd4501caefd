import { ok, refuse, type Result } from '#domain/result'

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'star' }
  | { readonly kind: 'one' }
  | { readonly kind: 'set'; readonly set: RegExp }
type Part = readonly Piece[] | '**'

const MAX_ALTERNATIVES = 64

/**
 * Reads a glob of a model: `**`, `*`, `?`, `[a-z]`, `{a,b}`; without a slash it is matched against file names at any
 * depth. Matching takes time linear in pattern × path, whatever the pattern: it comes from a model and is matched
 * against names that the same model may have made, so no backtracking expression is built from it.
 */
export function compileGlob(glob: string): Result<(path: string) => boolean, string> {
  const alternatives = expandBraces(glob.replace(/^(\.?\/)+/, ''))
  if (alternatives === undefined) return refuse(`the glob has more than ${MAX_ALTERNATIVES} alternatives in braces`)
  const patterns: (readonly Part[])[] = []
  for (const text of alternatives) {
    const anywhere = text.includes('/') ? text : `**/${text}`
    const parts = anywhere.split('/').map(readPart)
    if (parts.some((part) => part === undefined)) return refuse('a set [ ] of the glob is not closed or not in order')
    patterns.push(parts.filter((part) => part !== undefined))
  }
  return ok((path) => {
    const names = path.split('/')
    return patterns.some((parts) => matchParts(parts, names))
  })
}

function expandBraces(glob: string): readonly string[] | undefined {
  let pending = [glob]
  for (;;) {
    const index = pending.findIndex((text) => /\{[^{}]*\}/.test(text))
    if (index === -1) return pending
    const text = pending[index] ?? ''
    const open = /\{([^{}]*)\}/.exec(text)
    if (open === null) return pending
    const before = text.slice(0, open.index)
    const after = text.slice(open.index + open[0].length)
    const made = (open[1] ?? '').split(',').map((choice) => `${before}${choice}${after}`)
    pending = [...pending.slice(0, index), ...made, ...pending.slice(index + 1)]
    if (pending.length > MAX_ALTERNATIVES) return undefined
  }
}

function readPart(text: string): Part | undefined {
  if (text === '**') return '**'
  const pieces: Piece[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '*') {
      if (pieces.at(-1)?.kind !== 'star') pieces.push({ kind: 'star' })
    } else if (char === '?') pieces.push({ kind: 'one' })
    else if (char === '[') {
      const end = text.indexOf(']', at + 2)
      const set = end === -1 ? undefined : readSet(text.slice(at + 1, end))
      if (set === undefined) return undefined
      pieces.push({ kind: 'set', set })
      at = end
    } else pieces.push({ kind: 'literal', text: char })
  }
  return pieces
}

function readSet(text: string): RegExp | undefined {
  const body = text.replace(/^[!^]/, '').replaceAll(/[\\\]^]/g, '\\$&')
  try {
    return new RegExp(`^[${/^[!^]/.test(text) ? '^' : ''}${body}]$`, 'u')
  } catch {
    return undefined
  }
}

function matchParts(parts: readonly Part[], names: readonly string[]): boolean {
  return walk(parts.length, names.length, {
    isStar: (at) => parts[at] === '**',
    fits: (at, name) => {
      const part = parts[at]
      return part !== undefined && part !== '**' && matchName(part, names[name] ?? '')
    },
  })
}

function matchName(pieces: readonly Piece[], name: string): boolean {
  const chars = Array.from(name)
  return walk(pieces.length, chars.length, {
    isStar: (at) => pieces[at]?.kind === 'star',
    fits: (at, index) => {
      const piece = pieces[at]
      const char = chars[index] ?? ''
      if (piece === undefined || piece.kind === 'star') return false
      if (piece.kind === 'one') return true
      return piece.kind === 'set' ? piece.set.test(char) : piece.text === char
    },
  })
}

/** Wildcard matching with one remembered star: going back further than the last star never helps. */
function walk(
  length: number,
  total: number,
  { isStar, fits }: { readonly isStar: (at: number) => boolean; readonly fits: (at: number, index: number) => boolean },
): boolean {
  let at = 0
  let index = 0
  let star = -1
  let resume = 0
  while (index < total) {
    if (at < length && isStar(at)) {
      star = at++
      resume = index
    } else if (at < length && fits(at, index)) {
      at++
      index++
    } else if (star !== -1) {
      at = star + 1
      index = ++resume
    } else return false
  }
  while (at < length && isStar(at)) at++
  return at === length
}
