/** Longer patterns match nothing, so that a file of a repository costs no more than its length. */
const LONGEST = 1_000

/** What one part of a path must look like: text that is meant as it stands, `*`, `?`, or `**` for any folders. */
type Piece = string | typeof ANY | typeof ONE
type Part = typeof FOLDERS | readonly Piece[]

const ANY = Symbol('*')
const ONE = Symbol('?')
const FOLDERS = Symbol('**')

/**
 * A pattern of a CODEOWNERS or approvals file as a question about a path, as forges read them: one with a slash before
 * its end is meant from the root, any other at any depth; what names a folder means everything in it, but `folder/*` only
 * what is directly there; `**` spans folders, `*` and `?` do not; a backslash takes the next character as it stands.
 * Paths and patterns are compared as text in one Unicode form, upper and lower case apart.
 */
export function matcherOf(pattern: string): (path: string) => boolean {
  const text = pattern.normalize('NFC')
  if (text.length > LONGEST || text.replaceAll('/', '') === '') return () => false
  const trimmed = text.replace(/^\//, '').replace(/\/$/, '')
  const anchored = text.startsWith('/') || trimmed.includes('/')
  const own = trimmed.split('/').map(partOf)
  const parts: readonly Part[] = anchored ? own : [FOLDERS, ...own]
  const only_there = text.endsWith('/*')
  const inside = text.endsWith('/')
  return (path) => {
    const names = path.normalize('NFC').split('/')
    return matchesParts(parts, names, only_there ? 'exact' : inside ? 'inside' : 'either')
  }
}

function partOf(text: string): Part {
  if (text === '**') return FOLDERS
  const pieces: Piece[] = []
  let escaped = false
  for (const character of text) {
    if (escaped) pieces.push(character)
    else if (character === '*' && pieces.at(-1) !== ANY) pieces.push(ANY)
    else if (character !== '*' && character !== '\\') pieces.push(character === '?' ? ONE : character)
    escaped = !escaped && character === '\\'
  }
  return escaped ? [...pieces, '\\'] : pieces
}

/** Which parts may begin at a name is carried from name to name, so the work is the product of both lengths at most. */
function matchesParts(parts: readonly Part[], names: readonly string[], end: 'exact' | 'inside' | 'either'): boolean {
  let open = withFolders(parts, new Set([0]))
  for (const [at, name] of names.entries()) {
    const next = new Set<number>()
    for (const index of open) {
      const part = parts[index]
      if (part === FOLDERS) next.add(index).add(index === parts.length - 1 ? parts.length : index)
      else if (part !== undefined && matchesName(part, name)) next.add(index + 1)
    }
    open = withFolders(parts, next)
    const rest = names.length - at - 1
    if (!open.has(parts.length)) continue
    if (rest === 0 ? end !== 'inside' || parts.at(-1) === FOLDERS : end !== 'exact') return true
  }
  return false
}

/** `**` may stand for no folder at all, but at the end it stands for something. */
function withFolders(parts: readonly Part[], open: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(open)
  for (const index of all) if (parts[index] === FOLDERS && index + 1 < parts.length) all.add(index + 1)
  return all
}

function matchesName(pieces: readonly Piece[], text: string): boolean {
  const name = Array.from(text)
  let [piece, at, star, resume] = [0, 0, -1, 0]
  while (at < name.length) {
    const wanted = pieces[piece]
    if (wanted === ANY) {
      star = piece++
      resume = at
    } else if (wanted !== undefined && (wanted === ONE || wanted === name[at])) {
      piece += 1
      at += 1
    } else if (star >= 0) {
      piece = star + 1
      at = ++resume
    } else return false
  }
  return pieces.slice(piece).every((rest) => rest === ANY)
}
