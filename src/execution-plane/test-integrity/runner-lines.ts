import type { TestLanguage } from './test-files.ts'

/** A form of line that takes tests out of the run or makes them pass. */
export interface LineRule {
  readonly rule: string
  readonly said: string
  readonly expression: RegExp
  readonly languages?: readonly TestLanguage[]
}

/** Added to a test file. */
export const TEST_LINE_RULES: readonly LineRule[] = [
  {
    rule: 'test.only',
    said: 'runs this test alone and leaves the others out',
    expression:
      /\b(?:it|test|describe|suite|context|specify)(?:\.\w+)*\.only\b|\b(?:fit|fdescribe|fcontext)\s*\(|\bonly:\s*true\b/,
    languages: ['javascript'],
  },
  {
    rule: 'test.skipped',
    said: 'skips tests',
    expression:
      /\b(?:it|test|describe|suite|context|specify|t)(?:\.\w+)*\.(?:skip|todo|fails|failing|fixme)\b|\b(?:xit|xdescribe|xtest|xcontext|xspecify)\s*\(|\bskip:\s*(?:true|['"`])|\btodo:\s*true\b|\bthis\.skip\(\)|\bctx\.skip\(/,
    languages: ['javascript'],
  },
  {
    rule: 'test.skipped',
    said: 'skips tests or expects them to fail',
    expression:
      /@(?:pytest\.mark|mark)\.(?:skip|skipif|xfail)\b|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b|\bpytest\.(?:skip|xfail|importorskip)\(|\bself\.skipTest\(|\braise\s+(?:unittest\.)?SkipTest\b|\bpytestmark\s*=.*\b(?:skip|xfail)|\b__test__\s*=\s*False\b|\bcollect_ignore(?:_glob)?\b/,
    languages: ['python'],
  },
  {
    rule: 'test.skipped',
    said: 'disables tests',
    expression:
      /@(?:Disabled\w*|Ignore|Enabled(?:If|On|For)\w*)\b|\bAssum(?:e|ptions)\.\w+\(|\bassum(?:e|ing)(?:True|False|That|NotNull|NoException)\s*\(|@Test\([^)]*enabled\s*=\s*false/,
    languages: ['java'],
  },
  {
    rule: 'test.skipped',
    said: 'skips tests',
    expression: /\bt\.Skip(?:Now|f)?\(|\btesting\.Short\(\)/,
    languages: ['go'],
  },
  { rule: 'test.skipped', said: 'ignores tests', expression: /#\[ignore\b/, languages: ['rust'] },
  {
    rule: 'test.skipped',
    said: 'skips tests',
    expression: /^\s*(?:xit|xdescribe|pending|skip)\b/,
    languages: ['ruby'],
  },
  {
    rule: 'test.skipped',
    said: 'skips tests',
    expression: /\[Ignore\b|\bSkip\s*=\s*"|\bmarkTestSkipped\(|\bAssert\.Inconclusive\(/,
    languages: ['csharp', 'php'],
  },
  {
    rule: 'test.exit',
    said: 'ends the test process',
    expression:
      /\bprocess\.(?:exit|reallyExit|abort)\(|\bprocess\.exitCode\s*=|\bos\._exit\(|\bsys\.exit\(|(?<![\w.])(?:quit|exit)\(\s*0?\s*\)|\bSystem\.exit\(|\bRuntime\.getRuntime\(\)\.(?:halt|exit)\(|\bos\.Exit\(/,
  },
  {
    rule: 'test.swallowed_failure',
    said: 'catches failures and does nothing with them',
    expression:
      /\bcatch\s*(?:\([^)]{0,80}\))?\s*\{\s*(?:\/\/.*|\/\*.*\*\/\s*)?\}|\.catch\(\s*(?:\(\w*\)|\w+)\s*=>\s*(?:\{\s*\}|null|undefined)\s*\)|^\s*except(?:\s+(?:Base)?(?:Exception|AssertionError))?(?:\s+as\s+\w+)?:\s*(?:pass|\.\.\.)?\s*$|\bcontextlib\.suppress\(\s*(?:Assertion|Base|)?(?:Error|Exception)/,
  },
  {
    rule: 'test.dead_code',
    said: 'makes what follows unreachable',
    expression: /\bif\s*\(\s*(?:false|0)\s*\)|^\s*if\s+(?:False|0)\s*:|\bwhile\s*\(\s*false\s*\)/,
  },
  {
    rule: 'test.runner_tampered',
    said: 'changes how the runner reports',
    expression:
      /\bdef\s+pytest_(?:collection_modifyitems|runtest_makereport|runtest_protocol|runtest_call|sessionfinish|ignore_collect|pyfunc_call|report\w*|exception_interact|cmdline_main)\b|\b(?:assert|expect|it|test|describe)\s*=\s*(?:\(|function|async|\w+\s*=>)|\bglobal(?:This)?\.(?:expect|it|test|describe|assert)\s*=|\bunittest\.TestCase\.(?:assert\w+|run)\s*=|\bexpect\.extend\(\s*\{\s*to(?:Be|Equal|StrictEqual)\b|\bassert\.\w+\s*=\s*(?:\(|function|async)|\bprocess\.on\(\s*['"]exit['"]|\batexit\.register\(|\bos\.environ\[['"]PYTEST_ADDOPTS|sys\.modules\[['"](?:pytest|unittest)/,
  },
]

/** Added to code that is no test: code that behaves differently when it is tested. */
export const SOURCE_LINE_RULES: readonly (LineRule & { readonly severity: 'error' | 'warning' })[] = [
  {
    rule: 'source.detects_tests',
    said: 'behaves differently under test',
    expression:
      /\bprocess\.env\.(?:VITEST\w*|JEST_WORKER_ID|NODE_TEST_CONTEXT|MOCHA\w*)|\bprocess\.env\[\s*['"](?:VITEST|JEST_WORKER_ID|NODE_TEST_CONTEXT)|import\.meta\.env\.VITEST|PYTEST_CURRENT_TEST|['"](?:pytest|unittest)['"]\s+in\s+sys\.modules|\bsys\.argv\[0\].{0,40}(?:pytest|unittest)/,
    severity: 'error',
  },
  {
    rule: 'source.detects_tests',
    said: 'behaves differently under test',
    expression: /NODE_ENV\s*(?:===?|!==?)\s*['"]test['"]/,
    severity: 'warning',
  },
  {
    rule: 'source.check_suppressed',
    said: 'turns a check off',
    expression:
      /@ts-nocheck\b|@ts-ignore\b|\/\*\s*eslint-disable\b(?!-)|#\s*type:\s*ignore\s*$|#\s*(?:noqa|pylint:\s*disable)\b|#\s*pragma:\s*no cover|\bistanbul ignore\b|@SuppressWarnings\("all"\)/,
    severity: 'warning',
  },
]

/** Added to what configures a runner. */
export const CONFIGURATION_LINE_RULES: readonly LineRule[] = [
  {
    rule: 'runner.failure_ignored',
    said: 'lets a failing run pass for a good one',
    expression:
      /\|\|\s*(?:true|:|exit\s+0|echo\b)|;\s*(?:true|exit\s+0)\b|\bset\s+\+e\b|^\t-\S|\bcontinue-on-error:\s*true|\ballow_failure:\s*true|testFailureIgnore>\s*true|maven\.test\.failure\.ignore[>=\s"']*true|\bignoreFailures\s*(?:=|\()\s*true|\bprocess\.exit\(\s*0|--(?:exit-zero|suppress-no-test-exit-code)\b|\bdangerouslyIgnoreUnhandledErrors\b/,
  },
  {
    rule: 'runner.no_tests_allowed',
    said: 'lets a run without tests pass',
    expression:
      /pass-?[wW]ith-?[nN]o-?[tT]ests(?!["']?\s*[:=]\s*false)|failIfNo(?:Specified)?Tests[>=\s"']*false|\bfailOnNoDiscoveredTests\s*=\s*false/,
  },
  {
    rule: 'runner.tests_skipped',
    said: 'leaves tests out',
    expression:
      /<skip(?:Tests|ITs)?>\s*true|-?D?maven\.test\.skip|-DskipTests|\b(?:testPathIgnorePatterns|modulePathIgnorePatterns|collect_ignore(?:_glob)?|norecursedirs|excludedGroups)|(?<![\w-])--deselect\b|\b(?:addopts|py\.?test)\b.*--ignore(?:-glob)?[= ]|(?<![\w-])--(?:testNamePattern|test-skip-pattern|test-name-pattern)\b|\b(?:mocha|playwright)\b.*--(?:grep|invert)\b|\bexcludes?>|\bexclude\s*[:(=]|\bexcludeTestsMatching\b|-[mk]\s*["']?not\b|\b(?:test|tests)\.(?:enabled|onlyIf)\b|-x\s+test\b/,
  },
  {
    rule: 'runner.retries',
    said: 'runs failing tests again until they pass',
    expression: /\bretr(?:y|ies)["']?\s*[:=]\s*[1-9]|--reruns\b|rerunFailingTestsCount|\bflaky\b/,
  },
  {
    rule: 'runner.checks_weakened',
    said: 'turns a check of the compiler off',
    expression:
      /"(?:strict|noImplicitAny|strictNullChecks|noUncheckedIndexedAccess|noEmitOnError)"\s*:\s*false|"skipLibCheck"\s*:\s*true|"checkJs"\s*:\s*false/,
  },
]

/** Keys whose number is a demand; lowering it is giving way. */
export const THRESHOLD =
  /["']?\b(statements|branches|functions|lines|fail_under|fail-under|minimum|threshold|target|covered_?ratio|--cov-fail-under|check-coverage)\b["']?\s*[:=>]+\s*["']?(\d+(?:\.\d+)?)/i
