import { termsOf, wordsIn } from '#execution-plane/code-index'
import type { IssueLine } from './informative-lines.ts'
import { STOP_WORDS } from './stop-words.ts'

const SAID: readonly RegExp[] = [
  /(?:^|[\s.])(?:\w*(?:Error|Exception|Warning|Panic|Fault)|panic|fatal|error|warning|E\d{3,4}|thread '[^']{1,60}' panicked at)(?:\[[\w:]+\])?\s*:\s*(.{12,300})/i,
  /panicked at '(.{12,300})'/,
  /"([^"\n]{15,200})"/g,
  /(?:^|[\s(])'([^'\n]{15,200})'/g,
  /`([^`\n]{15,200})`/g,
]
const LONGEST_LINE = 2_000
const WORDS_AT_LEAST = 3
const MOST = 16

/** What a program said and what is quoted, as far as it is long enough to be known again: the terms of each. */
export function messagesIn(lines: readonly IssueLine[]): readonly (readonly string[])[] {
  const messages = new Map<string, readonly string[]>()
  for (const { line } of lines) {
    if (line.length > LONGEST_LINE) continue
    for (const pattern of SAID)
      for (const [, text = ''] of pattern.global ? line.matchAll(pattern) : [pattern.exec(line) ?? []]) {
        const terms = [
          ...new Set(
            wordsIn(text)
              .filter((word) => !STOP_WORDS.has(word))
              .flatMap(termsOf),
          ),
        ]
        if (terms.length >= WORDS_AT_LEAST) messages.set(terms.join(' '), terms)
      }
  }
  return [...messages.values()].slice(0, MOST)
}
