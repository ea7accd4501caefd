/** One file's part of a unified diff of git's. */
export interface FileDiff {
  /** In the proposed tree; of a deleted file, in the base. Empty where the header names none. */
  readonly path: string
  readonly text: string
}

/** Splits a unified diff at its file headers. A line of content never starts with `diff --git`: content has a prefix. */
export function splitDiff(patch: string): readonly FileDiff[] {
  const parts = patch.split(/^(?=diff --git )/m).filter((part) => part.startsWith('diff --git '))
  return parts.map((text) => ({ path: pathOf(text), text: text.trimEnd() }))
}

/** Read from what stands before the first hunk: added lines may look like headers. */
function pathOf(part: string): string {
  const hunk = part.search(/^@@ /m)
  const head = hunk === -1 ? part : part.slice(0, hunk)
  const added = /^\+\+\+ (?:"b\/(.*)"|b\/(.*?))\t?$/m.exec(head)
  const removed = /^--- (?:"a\/(.*)"|a\/(.*?))\t?$/m.exec(head)
  const named = added?.[1] ?? added?.[2] ?? removed?.[1] ?? removed?.[2]
  return named ?? /^diff --git "?a\/.*"? "?b\/(.*?)"?$/m.exec(head)?.[1] ?? ''
}
