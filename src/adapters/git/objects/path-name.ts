/**
 * Paths are kept as bytes, one character each (latin1), so that no name is ever changed by decoding it. `shownName` makes
 * text of them and is one to one: a name that is not plain UTF-8 is quoted as git quotes it.
 */
export function shownName(bytes: string): string {
  const raw = Buffer.from(bytes, 'latin1')
  const text = raw.toString('utf8')
  if (Buffer.from(text, 'utf8').equals(raw) && !/[\p{Cc}"\\]/u.test(text)) return text
  return quoted(raw)
}

/** The bytes of a path as `shownName` writes it. */
export function nameBytes(text: string): string {
  if (!(text.length > 1 && text.startsWith('"') && text.endsWith('"')))
    return Buffer.from(text, 'utf8').toString('latin1')
  const letters: { readonly [letter: string]: string } = { n: '\n', t: '\t', r: '\r' }
  return Buffer.from(text.slice(1, -1), 'utf8')
    .toString('latin1')
    .replaceAll(/\\([0-7]{3}|.)/g, (_, mark: string) =>
      mark.length === 3 ? String.fromCodePoint(Number.parseInt(mark, 8)) : (letters[mark] ?? mark),
    )
}

function quoted(raw: Buffer): string {
  const marks: { readonly [char: string]: string } = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' }
  const shown = Array.from(raw.toString('latin1'), (char) => marks[char] ?? (/[ -~]/.test(char) ? char : octal(char)))
  return `"${shown.join('')}"`
}

const octal = (char: string): string => `\\${(char.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`

/** How a file system that ignores case or composes letters sees a name; equal keys are one file there. */
export const foldedName = (bytes: string): string =>
  Buffer.from(bytes, 'latin1').toString('utf8').normalize('NFC').toLowerCase().normalize('NFC')

/** Letters that HFS+ drops from names. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/** True for `.git` and for every name some file system takes for it: other case, `git~1`, trailing dots, streams. */
export function isDotGit(bytes: string): boolean {
  const name = foldedName(bytes).normalize('NFKC').replaceAll(IGNORED_BY_HFS, '')
  const stem = name.split(/[:\\]/, 1)[0]?.replace(/[. ]+$/, '') ?? ''
  return stem === '.git' || /^git~\d$/.test(stem)
}

/** Why git or the platform will not hold a new name; undefined when it will. */
export function nameDefect(bytes: string): string | undefined {
  if (isDotGit(bytes)) return 'a nested .git is never taken'
  const raw = Buffer.from(bytes, 'latin1')
  const text = raw.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(raw)) return 'the name is not valid UTF-8'
  if (/\p{Cc}/u.test(text)) return 'the name has control characters'
  if (text.includes('\\')) return 'the name has a backslash'
  return undefined
}
