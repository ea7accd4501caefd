/** Longer lines were written by no person. */
const LONGEST_LINE = 300
const MOST_LINES = 20_000

const BY_WORD =
  /\b(?:def|class|function\*?|func(?: \([^)]*\))?|fn|interface|type|struct|enum|trait|const|let|var|record)\s+([\p{L}_$][\p{L}\p{N}_$]*)/u
const BY_MODIFIER =
  /^(?:(?:public|private|protected|static|final|synchronized|abstract|async)\s+)+[^()=;]{0,120}?([\p{L}_$][\p{L}\p{N}_$]*)\s*\(/u

/** Names that a source declares, each with its line; what looks like a declaration in a comment is one too. */
export function declarations(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n', MOST_LINES)) {
    const own = line.trim()
    if (own.length > LONGEST_LINE) continue
    const name = BY_WORD.exec(own)?.[1] ?? BY_MODIFIER.exec(own)?.[1]
    if (name !== undefined) found.set(name, own.replaceAll(/\s+/g, ''))
  }
  return found
}
