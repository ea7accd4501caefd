import type { CleanLine } from './clean-line.ts'

/** What a line can look like, as bits; a line may have several. Their order is the order of the learnt features. */
export const SIGN = {
  exit: 1 << 0,
  command_ended: 1 << 1,
  failed_test: 1 << 2,
  assertion: 1 << 3,
  compiler: 1 << 4,
  exception: 1 << 5,
  frame: 1 << 6,
  missing: 1 << 7,
  summary: 1 << 8,
  weak_fail: 1 << 9,
  weak_error: 1 << 10,
  warning: 1 << 11,
  tool_error: 1 << 12,
  prefixed: 1 << 13,
  progress: 1 << 14,
  passed: 1 << 15,
  none_failed: 1 << 16,
  command: 1 << 17,
  place: 1 << 18,
  url: 1 << 19,
  killed: 1 << 20,
  diff: 1 << 21,
  lint: 1 << 22,
  fold: 1 << 23,
  pointer: 1 << 24,
  rule: 1 << 25,
  red: 1 << 26,
  green: 1 << 27,
  blank: 1 << 28,
  after_end: 1 << 29,
  trace_head: 1 << 30,
  table: 1 << 31,
} as const

/** No sign looks further into a line than this, so an endless line costs as much as a long one. */
const LOOKED_AT = 400

const PATTERNS: readonly (readonly [number, RegExp])[] = [
  [
    SIGN.exit,
    /exited with (?:status |code |exit code )?[1-9]|(?:exit|return)(?:ed with|ed)? ?(?:code|status|value):? ?[1-9]|^g?make(?:\[\d+\])?: \*\*\* |non-?zero (?:exit|code|status)|returned (?:exit (?:code|status) )?[1-9]|^(?:Command|Task|Script|Build step|Target) .{0,120}fail|failed with (?:exit )?(?:code|status|error)|Exit(?:ing with)? (?:code|status) [1-9]|ELIFECYCLE/i,
  ],
  [
    SIGN.command_ended,
    /^The command .{0,300} (?:exited with|failed)|^Done\. Your build exited with [1-9]|^(?:##\[error\]|Error: )Process completed with exit code|^(?:ERROR|Cleaning up).{0,40}Job failed|^Exited with code|^Your build has been stopped|^script returned exit code|^The build (?:has been|was) (?:terminated|cancell?ed)|^ERROR: Job failed|^Build step .{0,80} marked build as failure|^Finished: FAILURE/,
  ],
  [
    SIGN.failed_test,
    /^\s*(?:--- )?FAIL(?:ED|URE)?\b(?!S?:? 0\b)|^\s*\d{1,4}\) \S|^\s*not ok\b|^\s*(?:✖|✕|×|✗|✘|❌|●|⨯|⎯+ FAIL)|<<< (?:FAILURE|ERROR)!?|\bFAIL(?:ED)?!?\b\s*(?:[[(].{0,12}[\])])?$|\.\.\. ?(?:FAIL|ERROR|NOT OK)|^(?:Failure|Error|ERROR|FAIL):\s*(?:test|$|\S+[#.(])|^_{3,} .{1,200} _{3,}$|^Test .{1,200} FAIL|^\[\s*FAILED\s*\]|^\s*(?:Failed|Broken) (?:tests?|asserts?|examples?|scenarios?)\b|^rspec \.\/|^bin\/(?:rails )?test |\bTEST(?:S)? FAILED\b|^FAIL\b|^test .{1,200} FAILED$|^---- .{1,200} ----$|^\s*Failures?:\s*$|^Failures in /,
  ],
  [
    SIGN.assertion,
    /Assert(?:ion)?(?:Failed)?(?:Error|Exception)?\b|\bassert(?:ion)?s? failed|expect(?:ed|ing)?\b.{0,120}(?:\bgot\b|\bbut\b|\bactual|\bto (?:be|equal|eq|match|have|contain|include)|received|\bnot\b)|^\s*(?:expected|actual|received|got|want|wanted|value|left|right|diff)\b.{0,4}[:=]|^E {2,}\S|^>\s{0,3}assert |ComparisonFailure|expected:? ?<|^\s*(?:Expected|Actual|Received|Expecting|but was|to equal|to be)\b|Failed asserting|did(?: not|n't) match|should (?:have|be|equal|not)|mismatch|is not equal|^\+\+\+ |^--- (?!FAIL|PASS|SKIP)|^@@ /i,
  ],
  [
    SIGN.compiler,
    /(?:^|[\s:])(?:fatal |internal compiler |syntax |parse |link(?:er)? )?error(?: [A-Z]{1,4}\d+|\[E?\w+\])?:|\berror TS\d+|undefined reference|unresolved (?:external|symbol|import)|\bSyntaxError\b|\bsyntax error|\bparse error|unexpected (?:token|end|character|identifier|keyword|'|")|cannot find symbol|COMPILATION ERROR|Compilation fail|could not compile|not in scope|Couldn't match|undeclared|no matching function|does not (?:name|have|exist)|is not (?:defined|declared|a function|a valid)|has no (?:member|field|attribute)|expected (?:type|identifier|'|`|‘)|^\S{1,200}:\d+:\d+:? (?:error|fatal)|LaTeX Error|^! |ld: |collect2:|\(compile\)|cannot (?:be resolved|infer|convert|assign|borrow)|incompatible types|type mismatch|redefin|undefined (?:symbol|variable|method|name|local)/i,
  ],
  [
    SIGN.exception,
    /\b[A-Za-z_.$:]{0,100}(?:Error|Exception|Failure)\b(?:[:( ]|$)|^\s*panic: |^panic:|^Traceback|^Exception |^Caused by|Uncaught |[Ss]egmentation fault|core dumped|\bSIG(?:SEGV|ABRT|BUS|ILL|FPE)\b|^\s*fatal\b|\bFatal\b|\bFATAL\b|\bABORT|[Aa]borted|thrown?\b|runtime error|^\*\* \(|stack trace|[Bb]acktrace|AddressSanitizer|[Uu]nhandled|WARNING: DATA RACE|panicked at|\bthrow\b|Critical|terminate called|bad_alloc|goroutine \d+ \[/,
  ],
  [
    SIGN.frame,
    /^\s*at [\w.$<[(/@]|^\s*File "[^"]{1,300}", line \d+|^\s*(?:from )?\S{1,300}\.\w{1,4}:\d+:in\b|^\s*#\d+:? |^\s+\S{1,300}\.go:\d+|^\s*\.\.\. \d+ (?:more|common)|^\s{2,}\S{1,300}\.(?:exs?|erl|rb|py|pm|php):\d+|^\s+# \S{1,300}:\d+|^\s*\d+: +0x[0-9a-f]+|^\s*\(\S{1,60}\) \S+\/\S+\.exs?:\d+|\S+\((?:\S{1,100}\.(?:java|scala|kt|clj|groovy):\d+|Native Method|Unknown Source)\)|^\s*from \S/,
  ],
  [
    SIGN.missing,
    /not found|cannot|can't|can not|could ?n[o']t|unable to|no such|does ?n[o']t exist|missing|unresolved|unknown|invalid|denied|refused|unauthori[sz]ed|forbidden|unsupported|not (?:supported|available|installed|allowed|recognized|permitted|valid|exist)|\b(?:40[134]|50[0234])\b|no (?:package|module|matching|rule|version)|bad (?:request|gateway|interpreter)|must (?:be|have)|requires?\b|illegal|conflict|incompatible|rejected|expired|wrong/i,
  ],
  [
    SIGN.summary,
    /\b\d+ (?:tests?|examples?|specs?|assertions?|passing|passed|failing|failed|failures?|errors?|problems?|offenses?|pending|runs|scenarios?|checks?|warnings?|asserts?)\b|Tests run:|^Tests?:|Test Suites?:|^Failed tests|BUILD FAIL|BUILD FAILURE|What went wrong|Result: FAIL|FAILURES!|^Ran \d+|short test summary|Executed \d+ (?:of|test)|^FAILED \(|TEST FAILED|Failed \d+\/\d+|There (?:was|were) \d+|Result summary|Test Summary|Summary of/i,
  ],
  [SIGN.weak_fail, /fail|broke|\bwrong\b|\bbad\b|unsuccessful/i],
  [SIGN.weak_error, /err(?:or|ed|s)?\b|\bERR|exception|fatal|violation|offense|problem|issue/i],
  [SIGN.warning, /warn|deprecat|notice|\bW:|caution/i],
  [
    SIGN.tool_error,
    /npm (?:ERR!|error)|^yarn error|^error Command|^gyp ERR|\bpip\b.{0,40}error|^E: |^fatal: |^Error(?:\b|:)|^ERROR\b|^error\b|^!|^\s*\* |##\[error\]|^err:|^Err(?::|\b)|^CMake Error|^configure: error|^FATAL|Bundler could not|^\[!\]|rake aborted|^Unable|^\*\*\* |Job failed|lerna ERR|^(?:bash|sh|\/bin\/\w+|\S+\.sh|\S+): (?:line )?\d*:? ?.{1,100}(?:not found|No such file|Permission denied)/,
  ],
  [
    SIGN.prefixed,
    /^\s*[[(<|*]{0,2}\s*(?:ERROR|FATAL|SEVERE|CRITICAL|FAILED|FAILURE|FAIL|ERR|error|fatal|Error|E)\s*[\])>|*:!]/,
  ],
  [
    SIGN.progress,
    /^\s*(?:\[INFO\]|INFO\b|Download(?:ing|ed)?\b|Fetching|Installing|Unpacking|Setting up|Selecting|Preparing|Get:\d|Hit:|Ign:|Using |Collecting|Requirement already|Compiling |Building |Resolving|Receiving|remote:|Extracting|Creating|Copying|Loading|Linking|Processing|Updating|Cloning|Reading|Progress|\[\s*\d+%\]|\d+%|Generating|Checking|checking |adding|copying|creating|mkdir|ln -s|cp |inflating|\S+ already)|\.{3}\s*(?:yes|no|done|ok)$|\d+(?:\.\d+)?\s?[kKMG]i?B|^(?:gcc|g\+\+|clang|cc|c\+\+|ar|ranlib|libtool|\/bin\/bash)\b|kB\/s|added \d+ packages|^\S+@[\d.]+ /,
  ],
  [
    SIGN.passed,
    /^\s*(?:✓|✔|√|ok\b|PASS(?:ED)?\b|\[\s*(?:OK|PASS(?:ED)?)\s*\]|--- PASS|=== RUN)|\b(?:PASS|PASSED|SUCCESS|OK|ok|passed|pass|succeeded|done|SKIPPED)\b\.?\s*(?:\(.{0,40}\)|\[.{0,12}\])?$|^\.+$|^[.SsPp]{10,}|successful/,
  ],
  [
    SIGN.none_failed,
    /\b(?:0|no|zero|without) (?:\w+ )?(?:errors?|failures?|failed|failing|problems?|warnings?|offenses?|issues?)\b|\b(?:errors?|failures?|failed|warnings?)\s*[:=]\s*0\b/i,
  ],
  [SIGN.command, /^\s*(?:\$ |> |\+\+? |#\d+ |\[command\]|Run |=== |==> |---+> |Executing|Running|Starting)/],
  [
    SIGN.place,
    /[\w./\\@+-]{1,200}\.[A-Za-z]\w{0,9}(?::|\(|\[|, line |:line |\s+line )\d+|\bline \d+|\bat line|^\s*\d+ ?\|/,
  ],
  [SIGN.url, /https?:\/\//],
  [
    SIGN.killed,
    /No output has been received|exceeded the (?:max|time)|timed? ?out|TIMEOUT|\bKilled\b|SIGKILL|SIGTERM|out of memory|OutOfMemory|heap (?:space|out)|OOM|Cannot allocate memory|no space left|terminated|hung|stalled|ETIMEDOUT|ECONNRE|ENOTFOUND|EAI_AGAIN|ENOSPC|Connection (?:reset|refused|timed)|rate limit/i,
  ],
  [SIGN.diff, /^\s*[-+](?![-+=])\s?\S|^@@ |^diff --git|^index [0-9a-f]{5,}|^(?:---|\+\+\+) \S/],
  [
    SIGN.lint,
    /^\s*\d+:\d+\s+\S|^\S{1,200}:\d+(?::\d+)?:? (?:[A-Z]\d{1,4}\b|[CWERF]: |error|warning|note|style)|^\s*\S+: line \d+|\(line \d+|\b(?:offense|lint|eslint|rubocop|checkstyle|pmd|findbugs|flake8|tslint|stylelint|pep8)\b|\[[a-z]+(?:-[a-z]+)+\]$|\s{2,}[a-z]+(?:[-/][a-z]+)+$/i,
  ],
  [SIGN.fold, /travis_(?:fold|time)|^##\[(?:group|endgroup|section)|^::(?:group|endgroup)|section_(?:start|end)/],
  [SIGN.pointer, /^[\s|]*[\^~][\^~ -]*\s*$|^\s*-+\^|^\s*\^/],
  [SIGN.rule, /^\s*([=\-_*#~+─━═])\1{4,}|([=\-_*#~─━═])\2{4,}\s*$/],
  [
    SIGN.trace_head,
    /^\s*(?:Traceback|stack traceback|Stack ?trace|Backtrace|panic:|fatal error:|Exception in thread|Caused by|goroutine \d+ \[|thread '.{0,80}' panicked|==\d+==\s?ERROR|Uncaught|Unhandled|\*\* \(|error\[E\d+\])|^\s*[\w.$:]{0,120}(?:Error|Exception)(?::\s|\s*$)/,
  ],
  [SIGN.table, /\|.{0,200}\|.{0,200}\||\d+(?:\.\d+)?\s?%|^\s*[\w./-]+\s+\d+\s+\d+\s+\d+/],
  [
    SIGN.after_end,
    /^(?:Done\. Your build|The job exceeded|store build cache|changes detected|nothing changed|after_(?:failure|script|success)|cache\.\d|Uploading|Post |Cleaning up|\/home\/travis\/build\.sh|travis_|Skipping a deployment|Deploying|coverage|Log file|A complete log of this run)/i,
  ],
]

/** Timestamps and levels that a CI system writes before what the program said. */
const CI_PREFIX =
  /^(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?:? |\[\d{4}-\d\d-\d\d[T ][\d:.,Z+]{8,24}\] ?|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]? |\[\d{1,4}m?\d{0,2}s\] )/

/** The line without what the CI system set before it. */
export const withoutPrefix = (text: string): string => {
  const first = text.charCodeAt(0)
  return (first >= 48 && first <= 57) || first === 91 ? text.replace(CI_PREFIX, '') : text
}

/** What a cleaned line looks like. */
export function signsOf(line: CleanLine): number {
  if (line.text.trim() === '') return SIGN.blank
  const short = line.text.length > LOOKED_AT ? line.text.slice(0, LOOKED_AT) : line.text
  const text = withoutPrefix(short)
  let signs = (line.red ? SIGN.red : 0) | (line.green ? SIGN.green : 0)
  for (const [sign, pattern] of PATTERNS) if (pattern.test(text)) signs |= sign
  return signs
}
