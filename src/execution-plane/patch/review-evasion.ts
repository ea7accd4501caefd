import { posix } from 'node:path'
import type { Finding } from '#domain/gate'
import { addedLines, type ChangedFile } from './changed-file.ts'

/** Attributes that hide a file from diffs, reviews, archives and statistics, or change what its bytes say. */
const BLINDING =
  /^(?:[-!]diff|[-!]text|diff=\S+|binary|merge=\S+|filter=\S+|working-tree-encoding=\S+|encoding=\S+|export-ignore|export-subst|ident|linguist-(?:generated|vendored|documentation|detectable=false)\S*|gitlab-generated\S*|-linguist-\S+)$/i
const ATTRIBUTE_FILES = new Set(['.gitattributes', '.git-blame-ignore-revs', '.gitattributes.local'])

/**
 * Lines a change adds to attribute files that would blind a reviewer or a scanner. Gander itself reads raw blobs, so
 * this is about whoever looks afterwards: a change of code has no need to say how itself is shown.
 */
export function evasionFindings(file: ChangedFile): readonly Finding[] {
  const { path } = file.change
  if (!ATTRIBUTE_FILES.has(posix.basename(path).toLowerCase())) return []
  const found: Finding[] = []
  for (const { line, text } of addedLines(file)) {
    const words = text.trim().startsWith('#') ? [] : text.trim().split(/\s+/).slice(1)
    const blinding = words.find((word) => BLINDING.test(word))
    if (blinding === undefined) continue
    const message = `${path} sets ${blinding}, which hides files from review; leave attributes out of the change`
    found.push({ rule: 'file.review_evasion', path, line, message, severity: 'error' })
  }
  return found
}
