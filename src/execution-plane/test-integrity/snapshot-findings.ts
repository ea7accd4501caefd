import { addedLines, removedLines, type ChangedText } from './changed-text.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { wordsOf, type ProductEvidence } from './product-evidence.ts'

/** A recorded expectation of this many changed lines is looked at by eye: the product printed it anew as a whole. */
const FEW_LINES = 6

/**
 * Recorded expectations that changed. What changed in them must be made of words that the product gained or lost, or
 * be more than a few lines; a small change that nothing in the product speaks for is no recording.
 */
export function snapshotFindings(file: ChangedText, product: ProductEvidence): readonly IntegrityFinding[] {
  if (file.before === undefined || file.before === file.after) return []
  const at = { rule: 'test.snapshot_changed', path: file.path, line: 1 }
  if (file.after === undefined)
    return [{ ...at, severity: product.any ? 'warning' : 'error', message: 'the recorded expectation is deleted' }]
  const [added, removed] = [addedLines(file), removedLines(file)]
  if (removed.length === 0) return []
  const [now, was] = [wordsIn(added), wordsIn(removed)]
  const spoken =
    [...now].some((word) => !was.has(word) && product.added.has(word)) ||
    [...was].some((word) => !now.has(word) && product.removed.has(word))
  const few = removed.length <= FEW_LINES
  return [
    {
      ...at,
      line: added[0]?.line ?? 1,
      severity: few && !spoken ? 'error' : 'warning',
      message: `the recorded expectation says ${shown(added[0]?.text)} instead of ${shown(removed[0]?.text)}`,
    },
  ]
}

const wordsIn = (lines: readonly { readonly text: string }[]): ReadonlySet<string> =>
  new Set(lines.flatMap(({ text }) => wordsOf(text)).filter((word) => word.length > 1))
const shown = (text: string | undefined): string => JSON.stringify((text ?? '').trim().slice(0, 80))
