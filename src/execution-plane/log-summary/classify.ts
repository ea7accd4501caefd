import type { LogSummary } from '#ports'

type Classification = LogSummary['classification']

/** The runner says that it found nothing to run. */
export const NO_TESTS =
  /^(?:No tests? (?:found|to run|were executed)|no tests ran|Ran 0 tests|collected 0 items|NO TESTS RAN|No test files found|\[INFO\] No tests to run|testsuite is empty)/im
/** A compiler, or what loads a program, says that it cannot. */
export const COMPILE =
  /\berror TS\d+:|COMPILATION ERROR|Compilation failure|\bSyntaxError\b|IndentationError|\[ERROR\] .{0,400}\.java:\[\d+,\d+\]|error\[E\d+\]|^error: could not compile |\[(?:build|setup) failed\]$|^[^\s:]{1,300}\.(?:java|go|rs|c|cc|cpp):\d+(?::\d+)?: (?:error|undefined)/m
/** Something that is imported or run is not there. */
export const LOAD =
  /Cannot find module|ModuleNotFoundError|ImportError|ERR_MODULE_NOT_FOUND|NoClassDefFoundError|command not found|No such file or directory/

/** What kinds of failures say of themselves in one line, and how telling that is. */
const SAYINGS: readonly (readonly [Classification, RegExp, number])[] = [
  [
    'out_of_memory',
    /OutOfMemoryError|JavaScript heap out of memory|Cannot allocate memory|\bMemoryError\b|oom-kill|Out of memory|std::bad_alloc|exit(?:ed with)? (?:code |status )?137\b|^Killed$/i,
    6,
  ],
  [
    'timeout',
    /No output has been received in the last|exceeded the maximum (?:time|execution)|panic: test timed out|build (?:has been |was )?terminated|job exceeded|The operation was canceled|(?:has )?timed out after|Timeout of \d+ ?ms exceeded|exit(?:ed with)? (?:code |status )?124\b/i,
    4,
  ],
  [
    'setup_failure',
    /npm (?:ERR!|error) (?:code E(?!LIFECYCLE)|404|network)|Could not find a version that satisfies|No matching distribution found|Could not resolve (?:host|dependencies|all)|Unable to locate package|Failed to fetch|Could not (?:fetch|transfer) |Bundler could not|unable to access 'http|eval git (?:clone|fetch|checkout)|ERESOLVE|apt-get.{0,200}(?:failed|exited with)|Couldn't find any package|No package '|unmet dependenc|installation of package .{0,80} had non-zero|\bETIMEDOUT\b|\bENOTFOUND\b|403 Forbidden|502 Bad Gateway|gpg: |nvm: |rvm /i,
    3,
  ],
  ['compile_error', COMPILE, 3],
  [
    'compile_error',
    /: (?:fatal )?error: |undefined reference to|cannot find symbol|syntax error|Parse error|Failed to compile|does not compile|ld returned \d|not in scope|undeclared identifier|compile(?:Java|Kotlin|Scala|TestJava)\S* FAILED|LaTeX Error|error CS\d{4}/i,
    2.5,
  ],
  [
    'test_failure',
    /^\s*(?:--- FAIL|not ok\b|FAIL(?:ED)?\b|\d{1,4}\) |✖|✕|×|✗|●)|<<< (?:FAILURE|ERROR)|AssertionError|assert(?:ion)? fail|\b[1-9]\d* (?:failing|failed|failures?)\b|Failures: [1-9]|\bFAILED\b\s*$|^E {2,}|^test .{1,200} FAILED|expected\b.{0,100}\b(?:got|but|actual)/i,
    2,
  ],
  [
    'test_failure',
    /\b(?:lint|eslint|rubocop|checkstyle|offenses?|problems?) ?(?:\(|error|found|:)|\d+:\d+\s+error\s/i,
    1,
  ],
  [
    'crash',
    /Segmentation fault|core dumped|SIG(?:SEGV|ABRT|BUS|ILL)|^\s*panic: |stack traceback|Traceback \(most recent|Exception in thread|terminate called|Unhandled|fatal error:/i,
    1.5,
  ],
]

/** The kind of failure that the lines tell of most; `likely` are their chances to tell the cause. */
export function classifyLines(lines: readonly string[], likely: readonly number[]): Classification {
  const votes = new Map<Classification, number>()
  for (const [at, line] of lines.entries())
    for (const [kind, saying, worth] of SAYINGS)
      if (saying.test(line)) votes.set(kind, (votes.get(kind) ?? 0) + worth * (0.05 + (likely[at] ?? 0)))
  if (votes.size === 0) return lines.some((line) => NO_TESTS.test(line)) ? 'no_tests' : failedAtAll(lines)
  return [...votes].reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}

const FAILED = /\bfail|\berror|exited with [1-9]|exit (?:code|status) [1-9]|fatal|abort/i

const failedAtAll = (lines: readonly string[]): Classification =>
  lines.some((line) => FAILED.test(line)) ? 'crash' : 'unknown'

/** What to look at first, in a sentence or two. */
export function directionOf(kind: Classification, place: string): string {
  const start = place === '' ? '' : ` Start at ${place}.`
  switch (kind) {
    case 'compile_error':
      return `The code does not compile or load; nothing else can be judged before that.${start}`
    case 'test_failure':
      return `Tests or checks fail. Mend the behaviour, not the test, unless other behaviour is asked for.${start}`
    case 'setup_failure':
      return `The build failed before the code was judged: a dependency or a download is missing.${start}`
    case 'timeout':
      return `The build was stopped; look for a loop that does not end, an open handle or a wait for the network.${start}`
    case 'out_of_memory':
      return `The build used more memory than it was given; look for something that grows without bound.${start}`
    case 'no_tests':
      return 'The runner found no tests; look at where it looks for them.'
    case 'crash':
      return `A program ended before its work was done; look at the last thing it tried.${start}`
    case 'unknown':
      return 'Nothing in the log looks like a failure; see its last lines.'
    default:
      return kind satisfies never
  }
}
