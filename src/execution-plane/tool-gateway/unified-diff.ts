import { ok, refuse, type Result } from '#domain/result'

/** Lines of one hunk; `keep` and `drop` must be there, `keep` and `add` will be. */
interface HunkLine {
  readonly kind: 'keep' | 'drop' | 'add'
  readonly text: string
}

export interface Hunk {
  /** 1-based line of the old file as the header says; undefined where the header has none. */
  readonly old_start: number | undefined
  readonly lines: readonly HunkLine[]
  /** True where the patch says that the file's new side ends without a line end. */
  readonly new_without_end: boolean
}

/** What a patch does to one file; a null path means that the file does not exist on that side. */
export interface FilePatch {
  readonly old_path: string | null
  readonly new_path: string | null
  readonly hunks: readonly Hunk[]
  readonly new_mode: number | undefined
}

const HUNK = /^@@(?: -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@| @@|.*@@)?/

/**
 * Reads a unified diff of any number of files, with or without `a/` and `b/`, with git's extended headers or bare.
 * Hunk counts that are wrong are forgiven, since models miscount; everything else that is unclear is said.
 */
export function readPatch(patch: string): Result<readonly FilePatch[], string> {
  const lines = patch.replaceAll('\r\n', '\n').split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (/^\*\*\* (Begin Patch|(Update|Add|Delete) File)/m.test(patch))
    return refuse('this is not a unified diff; write --- a/path, +++ b/path and @@ hunks')
  const reader = new PatchReader(lines)
  return reader.read()
}

interface Header {
  old_name: string | undefined
  new_name: string | undefined
  new_mode: number | undefined
  is_new: boolean
  is_deleted: boolean
}

class PatchReader {
  readonly #lines: readonly string[]
  #at = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  read(): Result<readonly FilePatch[], string> {
    const files: FilePatch[] = []
    while (this.#seekHeader()) {
      const file = this.#file()
      if (!file.ok) return file
      files.push(file.value)
    }
    if (files.length === 0) return refuse('no file header (--- a/path, +++ b/path) was found in the patch')
    return ok(files)
  }

  /** Moves to the next header; text between files, such as a commit message, is skipped. */
  #seekHeader(): boolean {
    while (this.#at < this.#lines.length && !this.#isHeader(this.#at)) this.#at++
    return this.#at < this.#lines.length
  }

  #isHeader(at: number): boolean {
    const line = this.#lines[at] ?? ''
    return line.startsWith('diff --git ') || (line.startsWith('--- ') && (this.#lines[at + 1] ?? '').startsWith('+++ '))
  }

  #file(): Result<FilePatch, string> {
    const header = this.#header()
    if (!header.ok) return header
    const { old_name, new_name, new_mode, is_new, is_deleted } = header.value
    const hunks: Hunk[] = []
    while ((this.#lines[this.#at] ?? '').startsWith('@@')) {
      const hunk = this.#hunk()
      if (!hunk.ok) return hunk
      hunks.push(hunk.value)
    }
    const names = namesOf(old_name, new_name)
    const old_path = is_new ? null : names.old_path
    const new_path = is_deleted ? null : names.new_path
    if (old_path === null && new_path === null) return refuse('a file header names no file')
    return ok({ old_path, new_path, hunks, new_mode })
  }

  #header(): Result<Header, string> {
    const header: Header = {
      old_name: undefined,
      new_name: undefined,
      new_mode: undefined,
      is_new: false,
      is_deleted: false,
    }
    const first = this.#lines[this.#at] ?? ''
    if (first.startsWith('diff --git ')) {
      const names = /^diff --git (?:"?a\/(.+?)"?) (?:"?b\/(.+?)"?)$/.exec(first)
      if (names !== null) {
        header.old_name = `a/${names[1] ?? ''}`
        header.new_name = `b/${names[2] ?? ''}`
      }
      this.#at++
    }
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] ?? ''
      if (line.startsWith('@@') || line.startsWith('diff --git ')) break
      if (/^(GIT binary patch|Binary files )/.test(line)) return refuse('binary files are not patched')
      if (/^(rename|copy) (from|to) /.test(line))
        return refuse('renames and copies are not patched; delete the one file and create the other')
      if (line.startsWith('+++ ')) {
        header.new_name = nameOf(line.slice(4))
        this.#at++
        break
      }
      readExtended(line, header)
    }
    return ok(header)
  }

  #hunk(): Result<Hunk, string> {
    const counts = HUNK.exec(this.#lines[this.#at] ?? '')
    this.#at++
    const old_start = counts?.[1] === undefined ? undefined : Number(counts[1])
    const expected =
      old_start === undefined ? undefined : this.#counted(Number(counts?.[2] ?? 1), Number(counts?.[4] ?? 1))
    const end = expected ?? this.#uncounted()
    const lines: HunkLine[] = []
    let new_without_end = false
    for (; this.#at < end; this.#at++) {
      const line = this.#lines[this.#at] ?? ''
      if (line.startsWith('\\')) {
        const last = lines.at(-1)?.kind
        new_without_end ||= last === 'add' || last === 'keep'
        continue
      }
      const read = hunkLine(line)
      if (read === undefined)
        return refuse(
          `line ${this.#at + 1} of the patch begins with neither space, + nor -: ${JSON.stringify(line.slice(0, 80))}`,
        )
      lines.push(read)
    }
    if (lines.length === 0) return refuse(`the hunk before line ${this.#at + 1} of the patch is empty`)
    return ok({ old_start, lines, new_without_end })
  }

  /** Where the hunk ends if its counts are right; undefined when they are not. */
  #counted(old_count: number, new_count: number): number | undefined {
    let old_left = old_count
    let new_left = new_count
    let at = this.#at
    for (; at < this.#lines.length && (old_left > 0 || new_left > 0); at++) {
      const line = this.#lines[at] ?? ''
      if (line.startsWith('\\')) continue
      const kind = hunkLine(line)?.kind
      if (kind === undefined) return undefined
      if (kind !== 'add') old_left--
      if (kind !== 'drop') new_left--
    }
    if (old_left !== 0 || new_left !== 0) return undefined
    if ((this.#lines[at] ?? '').startsWith('\\')) at++
    const next = this.#lines[at]
    const isEnd =
      next === undefined || next.startsWith('@@') || this.#isHeader(at) || hunkLine(next) === undefined || next === ''
    return isEnd ? at : undefined
  }

  #uncounted(): number {
    let at = this.#at
    while (at < this.#lines.length && !(this.#lines[at] ?? '').startsWith('@@') && !this.#isHeader(at)) at++
    while (at > this.#at && this.#lines[at - 1] === '') at--
    return at
  }
}

function hunkLine(line: string): HunkLine | undefined {
  if (line === '') return { kind: 'keep', text: '' }
  const mark = line.charAt(0)
  const kind = mark === ' ' ? 'keep' : mark === '-' ? 'drop' : mark === '+' ? 'add' : undefined
  return kind === undefined ? undefined : { kind, text: line.slice(1) }
}

function readExtended(line: string, header: Header): void {
  const mode = /^new (?:file )?mode (\d{6})$/.exec(line)
  if (mode !== null) header.new_mode = Number.parseInt(mode[1] ?? '', 8)
  if (line.startsWith('new file mode ')) header.is_new = true
  if (line.startsWith('deleted file mode ')) header.is_deleted = true
  if (line.startsWith('--- ')) header.old_name = nameOf(line.slice(4))
}

/** A name of a header: a tab ends it, and quotes around it are git's. */
function nameOf(text: string): string {
  const name = text.split('\t')[0]?.trimEnd() ?? ''
  return name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1) : name
}

/** `a/` and `b/` are prefixes where the two sides have them as git writes them, and folders where both are the same. */
function namesOf(
  old_name: string | undefined,
  new_name: string | undefined,
): { readonly old_path: string | null; readonly new_path: string | null } {
  const isNone = (name: string | undefined) => name === undefined || name === '/dev/null'
  const isPrefixed =
    (isNone(old_name) || (old_name ?? '').startsWith('a/')) && (isNone(new_name) || (new_name ?? '').startsWith('b/'))
  const path = (name: string | undefined) =>
    name === undefined || name === '/dev/null' ? null : isPrefixed ? name.slice(2) : name
  return { old_path: path(old_name), new_path: path(new_name) }
}
