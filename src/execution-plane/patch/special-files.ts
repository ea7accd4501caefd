import { posix } from 'node:path'
import type { Finding, Verdict } from '#domain/gate'
import { addedLines, type ChangedFile } from './changed-file.ts'
import type { ReadChange } from './change-check.ts'
import { generatedFindings } from './generated-files.ts'
import { largeFileFindings } from './large-files.ts'
import { lookAlikeWord } from './look-alike.ts'
import { evasionFindings } from './review-evasion.ts'
import { verdictOf } from './verdict.ts'

const LINK = '120000'
const SUBMODULE = '160000'
const REGULAR = new Set(['100644', '100755'])
/** Code points that show nothing or turn the direction of text, as ranges. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
]
/** Control characters other than tab, line feed, form feed, carriage return and escape, which honest files have. */
const CONTROL: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x0b],
  [0x0e, 0x1a],
  [0x1c, 0x1f],
  [0x7f, 0x9f],
]
/** Joiners that scripts and emoji need stand between letters or pictures; these are shown, not hidden. */
const JOINED = /(?<=\p{L}|\p{M}|\p{Extended_Pictographic}|\ufe0f)[\u200c\u200d](?=\p{L}|\p{Extended_Pictographic})/gu
/** Only lines that have anything beyond printable ASCII are looked at closely. */
const PLAIN = /^[\t\x20-\x7e]*$/
/** Files that are not what a reviewer sees: links, submodules, modes, binaries, generated code, look-alike names. */
export function checkSpecialFiles(check: ReadChange): Verdict {
  const findings: Finding[] = check.refused.map(({ path, reason }) => error('file.refused', path, reason))
  for (const file of check.files) {
    if (file.change.new_mode === null) continue
    findings.push(
      ...modeFindings(file),
      ...linkFindings(file, check.change.patch),
      ...largeFileFindings(file),
      ...hiddenFindings(file),
      ...evasionFindings(file),
    )
  }
  findings.push(...generatedFindings(check.files, check.paths), ...collisions(check))
  return verdictOf('special_files', findings, 'every changed file is what it looks like')
}

function modeFindings({ change }: ChangedFile): readonly Finding[] {
  const { path, old_mode, new_mode, kind } = change
  if (new_mode === SUBMODULE || old_mode === SUBMODULE || posix.basename(path) === '.gitmodules')
    return [error('file.submodule', path, 'submodules may not be added, moved or removed')]
  if (new_mode !== LINK && !REGULAR.has(new_mode ?? ''))
    return [error('file.mode', path, `has the mode ${new_mode ?? ''}`)]
  if (kind === 'type_changed') return [error('file.type_changed', path, 'changes between file and link')]
  if (new_mode === '100755' && old_mode === '100644') return [error('file.made_executable', path, 'becomes executable')]
  if (new_mode === '100644' && old_mode === '100755')
    return [warning('file.made_plain', path, 'is executable no longer')]
  return new_mode === '100755' && old_mode === null ? [warning('file.executable', path, 'is new and executable')] : []
}

/** A link's target must stay inside the repository and outside of .git. */
function linkFindings({ change }: ChangedFile, patch: string): readonly Finding[] {
  if (change.new_mode !== LINK) return []
  const target = linkTarget(patch, change.path)
  if (target === undefined)
    return [
      error(
        'file.link_unreadable',
        change.path,
        'is a link whose target cannot be read; leave links out of the change',
      ),
    ]
  const resolved = posix.normalize(posix.join(posix.dirname(change.path), target))
  const leaves =
    target.startsWith('/') || resolved === '..' || resolved.startsWith('../') || /[\0\\]|^[A-Za-z]:/.test(target)
  if (leaves) return [error('file.link_outside', change.path, 'is a link that leaves the repository')]
  if (/(?:^|\/)\.git(?:\/|$)/i.test(resolved))
    return [error('file.link_outside', change.path, "is a link into git's own folder")]
  return [warning('file.link', change.path, `is a link to ${resolved}`)]
}

/** A link's blob is no regular file, so its target is taken from the patch, where it is the one added line. */
function linkTarget(patch: string, path: string): string | undefined {
  const section = patch.split(/^(?=diff --git )/m).find((part) => {
    const name = /^\+\+\+ (?:b\/(.*)|"b\/(.*)")$/m.exec(part)
    return name?.[1]?.replace(/\t$/, '') === path || name?.[2] === path
  })
  const body = section?.slice(section.indexOf('\n@@'))
  const added = body === undefined ? [] : Array.from(body.matchAll(/^\+(.*)$/gm), ([, line = '']) => line)
  return added.length === 1 ? added[0] : undefined
}

function hiddenFindings(file: ChangedFile): readonly Finding[] {
  const { path } = file.change
  const found: Finding[] = []
  if (hiddenIn(path) !== undefined)
    found.push(error('file.invisible_name', path, 'has invisible characters in its name'))
  for (const { line, text } of addedLines(file)) {
    const word = isProse(path) ? undefined : lookAlikeWord({ text })
    if (word !== undefined)
      found.push({
        ...error('file.look_alike', path, `has ${shownWord(word)}, which mixes letters that look alike`),
        line,
      })
    const code = hiddenIn(line === 1 ? text.replace(/^\ufeff/, '') : text)
    if (code === undefined) continue
    const name = code.toString(16).toUpperCase().padStart(4, '0')
    found.push({
      ...error('file.invisible_character', path, `has the invisible or direction-changing character U+${name}`),
      line,
    })
    if (found.length > 20) break
  }
  return found
}

const isProse = (path: string): boolean => /\.(?:md|mdx|txt|rst|adoc|po|html?|csv)$/.test(path)

/** The word with its foreign letters as code points, so that nobody reads it as what it pretends to be. */
const shownWord = (word: string): string =>
  word
    .slice(0, 60)
    .replaceAll(
      /[^\x20-\x7e]/g,
      (letter) => `<U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
    )

function hiddenIn(text: string): number | undefined {
  if (PLAIN.test(text)) return undefined
  for (const char of text.replaceAll(JOINED, '')) {
    const code = char.codePointAt(0) ?? 0
    if ([...INVISIBLE, ...CONTROL].some(([from, to]) => code >= from && code <= to)) return code
  }
  return undefined
}

/** Two paths of the proposed tree that are one on a file system that ignores case or normal form. */
function collisions({ files, paths }: ReadChange): readonly Finding[] {
  const added = new Set(files.filter((file) => file.change.kind === 'added').map((file) => file.change.path))
  if (added.size === 0) return []
  const byFolded = new Map<string, string>()
  const found: Finding[] = []
  for (const path of paths)
    for (const part of prefixes(path)) {
      const key = part.normalize('NFC').toLowerCase()
      const known = byFolded.get(key)
      if (known === undefined) byFolded.set(key, part)
      else if (
        known !== part &&
        (added.has(path) || [...added].some((other) => other.startsWith(`${known}/`) || other === known))
      )
        found.push(
          error('file.name_collision', path, `is the same name as ${known} where case or normal form is ignored`),
        )
    }
  return found.filter((entry, at) => found.findIndex((other) => other.path === entry.path) === at)
}

function prefixes(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'))
}

const error = (rule: string, path: string, said: string): Finding => ({
  rule,
  path,
  message: `${path} ${said}`,
  severity: 'error',
})
const warning = (rule: string, path: string, said: string): Finding => ({
  ...error(rule, path, said),
  severity: 'warning',
})
