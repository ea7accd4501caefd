import type { Finding } from '#domain/gate'
import { addedLines, type ChangedFile } from './changed-file.ts'

const LARGEST_BYTES = 1_048_576
const LONGEST_LINE = 5_000
/** Code written by people has lines of 30 to 40 characters on average. */
const DENSE_LINE = 400
const DENSE_LINES = 5
/** So many added lines in one file are more than anybody reads. */
const MANY_LINES = 3_000
const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v\d+$/

/** Files that nobody can review: too large, binary, minified, or a pointer to content that is not in the tree. */
export function largeFileFindings(file: ChangedFile): readonly Finding[] {
  const { change, before, after } = file
  if (after === undefined || change.new_mode === '120000') return []
  const { path } = change
  const bytes = after.bytes.length
  const found: Finding[] = []
  if (bytes > LARGEST_BYTES && bytes > (before?.bytes.length ?? 0))
    found.push(error('file.too_large', path, `has ${bytes} bytes; at most ${LARGEST_BYTES} can be reviewed`))
  if (after.lines === undefined) return [...found, error('file.binary', path, 'is binary, and nobody can review it')]
  const added = addedLines(file)
  if (LFS_POINTER.test(after.lines[0] ?? '') && added.length > 0)
    found.push(
      error('file.lfs_pointer', path, 'points to content outside of the tree; put the content itself into the change'),
    )
  if (!isData(path) && isMinified(added.map(({ text }) => text)))
    found.push(error('file.minified', path, `has minified lines; add what they are made from`))
  if (added.length > MANY_LINES && !isData(path))
    found.push({
      ...error('file.too_large_to_read', path, `has ${added.length} added lines; split the change`),
      severity: 'warning',
    })
  return found
}

function isMinified(lines: readonly string[]): boolean {
  if (lines.some((text) => text.length > LONGEST_LINE)) return true
  const written = lines.filter((text) => text.trim() !== '')
  const characters = written.reduce((sum, text) => sum + text.length, 0)
  return written.length >= DENSE_LINES && characters / written.length > DENSE_LINE
}

const isData = (path: string): boolean => /\.(?:json|lock|svg|csv|snap|xml|ipynb|txt|md|ya?ml|html?|sum|po)$/.test(path)

const error = (rule: string, path: string, said: string): Finding => ({
  rule,
  path,
  message: `${path} ${said}`,
  severity: 'error',
})
