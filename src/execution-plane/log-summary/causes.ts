import type { RootCause } from '#domain/verification'
import { withoutPrefix } from './line-signs.ts'
import { FrameReader, type Frame } from './stack-frames.ts'

const MOST_CAUSES = 10
const LONGEST_LINE = 2_000
const LONGEST_MESSAGE = 400
const PASSES_THROUGH = 'the failure passes through here'

interface Reader {
  readonly expression: RegExp
  readonly confidence: number
  readonly message?: string
  /** The message is the line below; this where it is blank. */
  readonly below?: string
  /** The message stands this many lines above at most, in a line of this kind; absent: in the line itself or below. */
  readonly above?: RegExp
}

/** How compilers, linters, interpreters and test runners name a place, from the most to the least telling. */
const READERS: readonly Reader[] = [
  {
    expression: /^(?<file>[^\s(:]+\.[cm]?tsx?)[(:](?<line>\d+)[,:]\d+\)?:? (?:- )?error (?<message>TS\d+: .*)$/,
    confidence: 0.95,
  },
  {
    expression: /^\[ERROR\] (?<file>\/?[^\s:[]+\.(?:java|kt|groovy|scala)):\[(?<line>\d+),\d+\] (?<message>.*)$/,
    confidence: 0.95,
  },
  {
    expression: /^\[error\] (?<file>\/?[^\s:[]+\.(?:scala|java)):(?<line>\d+)(?::\d+)?: (?<message>.*)$/,
    confidence: 0.9,
  },
  {
    expression: /^e: (?:file:\/\/)?(?<file>[^\s:(]+\.kts?)(?::|: \()(?<line>\d+)[:,] ?\d+\)?:? (?<message>.*)$/,
    confidence: 0.95,
  },
  {
    expression:
      /^(?:vet: )?(?<file>[^\s:]+\.(?:java|kt|scala|go|rs|c|cc|cpp|cxx|h|hpp|m|mm|swift|hs|ml|cs|zig)):(?<line>\d+)(?::\d+)?: (?!warning|note)(?:fatal )?(?:error: )?(?<message>\S.*)$/,
    confidence: 0.85,
  },
  { expression: /^(?<file>[^\s:]+\.hs):(?<line>\d+):\d+: error:/, confidence: 0.9, message: 'does not compile' },
  { expression: /^(?<file>[^\s(]+\.(?:cs|vb|fs))\((?<line>\d+),\d+\): error (?<message>\S.*)$/, confidence: 0.95 },
  { expression: /^\s*--> (?<file>[^\s:]+\.rs):(?<line>\d+):\d+$/, confidence: 0.95, above: /^error(?:\[E\d+\])?: / },
  {
    expression: /^thread '[^']{0,200}'(?: \(\d+\))? panicked at (?<file>[^\s:']+\.rs):(?<line>\d+):\d+:$/,
    confidence: 0.85,
    below: 'panicked',
  },
  {
    expression:
      /^thread '[^']{0,200}' panicked at '(?<message>.{1,400})', (?<file>[^\s:']{1,400}\.rs):(?<line>\d+)(?::\d+)?$/,
    confidence: 0.85,
  },
  { expression: /^\s*File "(?<file>[^"]+\.py)", line (?<line>\d+)$/, confidence: 0.9, message: 'syntax error' },
  {
    expression: /^(?<file>[^\s:]+\.py):(?<line>\d+): (?<message>[A-Z]\w*(?:Error|Exception|Warning|Failed)\b.*|in .*)$/,
    confidence: 0.8,
  },
  {
    expression: /^(?<file>[^\s:]+\.pyi?):(?<line>\d+)(?::\d+)?: (?<message>(?:error: |[A-Z]{1,3}\d{2,4} ).*)$/,
    confidence: 0.85,
  },
  {
    expression:
      /^(?:PHP )?(?:Parse|Fatal) error: {1,2}(?<message>.{1,400}) in (?<file>\S+\.php)(?: on line |:)(?<line>\d+)$/,
    confidence: 0.9,
  },
  { expression: /^(?<file>[^\s:]+\.rb):(?<line>\d+): (?<message>syntax error.*)$/, confidence: 0.9 },
  {
    expression: /^(?<file>[^\s:]{1,400}\.rb):(?<line>\d+):in [`'][^']{1,300}': (?<message>\S.*)$/,
    confidence: 0.85,
  },
  {
    expression: /^\s*File "(?<file>[^"]{1,400}\.py)", line (?<line>\d+), in \S/,
    confidence: 0.6,
    message: PASSES_THROUGH,
  },
  { expression: /^rspec (?<file>\.\/[^\s:]+\.rb):(?<line>\d+) # (?<message>.*)$/, confidence: 0.8 },
  {
    expression: /^\s+(?<file>[^\s:()]+\.go):(?<line>\d+): (?<message>\S.*)$/,
    confidence: 0.75,
  },
  {
    expression: /^\s+(?<file>(?:test|lib|apps)\/[^\s:]+\.exs?):(?<line>\d+)(?:: .*)?$/,
    confidence: 0.6,
    message: PASSES_THROUGH,
  },
  {
    expression: /^\s*(?:❯|at) (?:.*\()?(?:file:\/\/)?(?<file>[^\s():]+\.[cm]?[jt]sx?):(?<line>\d+):\d+\)?$/,
    confidence: 0.55,
    message: PASSES_THROUGH,
  },
  {
    expression: /^(?:file:\/\/)?(?<file>\/[^\s:]+\.[cm]?[jt]sx?):(?<line>\d+)$/,
    confidence: 0.8,
    message: 'syntax or load error',
  },
]
/** Frameworks and what they install: a place in there is no cause of ours. */
const FOREIGN =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|\.venv|\.m2|\.cargo|\.rustup|gems|vendor)\/|^node:|^<|\/lib\/python\d|^internal\/[\w/-]{1,200}\.js$|^\/(?:usr|opt)\/|^java\.|^jdk\./
const WORSE = /^(?:[A-Za-z_.]*(?:Error|Exception|AssertionError|Failure)\b[^\n]{0,300}|E\s{2,}\S.*)$/
/** Where hosted CI systems check a repository out. */
const CHECKOUT =
  /^(?:\/home\/travis\/build\/[^/]+\/[^/]+|\/home\/runner\/work\/[^/]+\/[^/]+|\/github\/workspace|\/builds\/[^/]+\/[^/]+|\/workspace|\/root\/(?:project|repo)|\/home\/circleci\/(?:project|repo)|\/Users\/travis\/build\/[^/]+\/[^/]+|[A-Z]:\\a\\[^\\]+\\[^\\]+|\/home\/vsts\/work\/\d+\/s)[/\\]/

/** A path below the root of the repository where it is known how CI systems name that root. */
const belowCheckout = (file: string): string =>
  file
    .replace(/^file:\/\//, '')
    .replace(CHECKOUT, '')
    .replace(/^\.\//, '')

/** True for a place in somebody else's code. */
export const isForeign = (file: string): boolean => FOREIGN.test(file)

/** What went wrong by an error's own words. */
export const saysError = (line: string): boolean => WORSE.test(line.trim())

/** Causes by place, one for each, the surest first, ten at most. */
export function collectCauses(causes: Iterable<RootCause>): readonly RootCause[] {
  const by_place = new Map<string, RootCause>()
  for (const cause of causes) {
    const key = cause.file === undefined ? cause.message : `${cause.file}:${cause.line ?? 0}`
    const known = by_place.get(key)
    if (known === undefined || known.confidence < cause.confidence) by_place.set(key, cause)
  }
  return [...by_place.values()].sort((left, right) => right.confidence - left.confidence).slice(0, MOST_CAUSES)
}

/** What lines of a log name as places of a failure; places outside the repository are left out. */
export function* causesIn(lines: readonly string[]): Iterable<RootCause & { readonly at: number }> {
  const frames = new FrameReader()
  for (const [at, line] of lines.entries()) {
    if (line.length > LONGEST_LINE || line.length < 5) continue
    const text = withoutPrefix(line)
    const frame = frames.read(text, oursOf)
    const cause = causeOfLine(text, lines, at) ?? (frame === undefined ? undefined : causeOfFrame(frame))
    if (cause !== undefined) yield { ...cause, at }
  }
}

/** The path below the root of the repository; nothing for a file outside of it. */
function oursOf(named: string): string | undefined {
  const file = belowCheckout(named)
  return isForeign(file) || file.startsWith('/') || /^[A-Z]:/.test(file) ? undefined : file
}

const causeOfFrame = ({ file, line, message, confidence }: Frame): RootCause => ({
  file,
  line,
  message: (message ?? PASSES_THROUGH).slice(0, LONGEST_MESSAGE),
  confidence,
})

function causeOfLine(line: string, lines: readonly string[], at: number): RootCause | undefined {
  for (const reader of READERS) {
    const { expression, confidence, above } = reader
    const groups = expression.exec(line)?.groups
    if (groups === undefined) continue
    const file = oursOf(groups['file'] ?? '')
    if (file === undefined) return undefined
    const headline =
      above === undefined ? undefined : lines.slice(Math.max(0, at - 2), at).findLast((earlier) => above.test(earlier))
    if (above !== undefined && headline === undefined) return undefined
    const said = headline ?? saidBy(reader, groups['message'], { lines, at })
    return { file, line: Number(groups['line']), message: (said ?? '').trim().slice(0, LONGEST_MESSAGE), confidence }
  }
  return undefined
}

function saidBy(
  { message, below }: Reader,
  found: string | undefined,
  { lines, at }: { readonly lines: readonly string[]; readonly at: number },
): string | undefined {
  if (below !== undefined) return lines[at + 1]?.trim() === '' ? below : (lines[at + 1] ?? below)
  return message === undefined ? found : (nextError(lines, at) ?? message)
}

const nextError = (lines: readonly string[], at: number): string | undefined =>
  lines
    .slice(at + 1, at + 12)
    .find((line) => saysError(line))
    ?.trim()
