import type { TestLanguage } from './test-files.ts'

const COMMON_JS =
  /\bexpect\s*[(.]|\bassert(?:\.\w+)*\s*\(|\.should\b|\b(?:strictEqual|deepStrictEqual|deepEqual|rejects|throws|equal|ok)\s*\(|\bt\.(?:is|not|true|false|truthy|falsy|like|throws|snapshot|regex|pass|fail|same|match)\w*\(/
const ASSERTION: Readonly<Record<TestLanguage, RegExp>> = {
  javascript: COMMON_JS,
  python: /^\s*assert\b|\bself\.(?:assert|fail)\w*\(|\bpytest\.(?:raises|warns|fail)\b|\.assert_\w+\(|\bassert_\w+\(/,
  java: /\b(?:assert\w*|verify\w*|fail|expect\w*|check|should\w*)\s*\(|\bshould(?:Be|Throw|Equal)\w*\b/,
  go: /\bt\.(?:Error|Fatal|Fail)\w*\(|\b(?:assert|require)\.\w+\(/,
  rust: /\b(?:assert|assert_eq|assert_ne|assert_matches|panic|debug_assert\w*)!\s*[([]/,
  ruby: /\bexpect\s*[({]|\bassert\w*\b|\brefute\w*\b|\.should\b|\bmust_\w+/,
  csharp: /\bAssert\.\w+|\.Should\(\)/,
  php: /\$this->(?:assert|expect)\w*\(|\bself::assert\w*\(|\bexpect\(/,
}
const TRIVIAL =
  /\bexpect\(\s*(?:true|1|'[^']*'|"[^"]*")\s*\)\s*\.\s*to(?:Be|Equal|StrictEqual|BeTruthy)\(\s*(?:true|1)?\s*\)|\bexpect\(\s*false\s*\)\s*\.\s*to(?:BeFalsy\(\)|(?:Be|Equal)\(\s*false)|\bassert(?:\.ok|\.equal|\.strictEqual|\.isTrue)?\(\s*(?:true|1)\s*(?:,\s*(?:true|1)\s*)?\)|^\s*assert\s+(?:True|1|1\s*==\s*1|not\s+False)\s*(?:,|$|#)|\bself\.assertTrue\(\s*True\s*\)|\bself\.assertEqual\(\s*(?:True|1)\s*,\s*(?:True|1)\s*\)|\bassertTrue\(\s*true\s*\)|\bassertEquals\(\s*(?:1|true)\s*,\s*(?:1|true)\s*\)|\bassert(?:_eq)?!\(\s*(?:true|1\s*,\s*1)\s*\)/
const WEAK =
  /\.to(?:BeTruthy|BeFalsy|BeDefined|BeInstanceOf|HaveBeenCalled)\(|\.not\.to(?:BeNull|BeUndefined|Throw|BeNaN)\(|\btoThrow\(\s*\)|expect\.any(?:thing)?\(|\btoBeGreaterThan(?:OrEqual)?\(\s*-?[01]\s*\)|\.toMatch\(\s*\/\.[*+]?\/|\bassert(?:True|False|IsNotNone|NotNull|IsInstance|NotEqual|NotEquals|IsNone)\s*\(|\bassert\.(?:ok|exists|isOk|isDefined|notEqual)\(|\bassert\s+\w+(?:\.\w+)*\s*$|\bassert\s+(?:\w+(?:\.\w+)*\s+is not None|isinstance\()|pytest\.raises\(\s*(?:Base)?Exception\s*\)|assertRaises\(\s*(?:Base)?Exception\b|assertThrows\(\s*(?:Throwable|Exception)\.class/
const STRONG =
  /\.to(?:Be|Equal|StrictEqual|MatchObject|HaveBeenCalledWith|HaveLength|Contain|ContainEqual|Match|Throw|ThrowError|BeCloseTo|MatchSnapshot|MatchInlineSnapshot)\(|\bassert(?:\.(?:equal|strictEqual|deepEqual|deepStrictEqual|throws|match|rejects|include))\(|(?:strictEqual|deepStrictEqual|deepEqual)\(|\bassert(?:Equal|Equals|DictEqual|ListEqual|AlmostEqual|In|Raises|RaisesRegex|ArrayEquals|Throws|Same|Is)\s*\(|==|\bassert_eq!|pytest\.raises\(/

/** True for a line that checks something. */
export const isAssertion = (line: string, language: TestLanguage): boolean =>
  line.length < 2_000 && !/^\s*(?:\/\/|\/?\*|#|import\b|from\b)/.test(line) && ASSERTION[language].test(line)

/** True for a check that holds whatever the code does. */
export const isTrivial = (line: string): boolean => line.length < 2_000 && TRIVIAL.test(line)

/** How much a check says: 2 for a value, 1 for something vaguer, 0 for nothing. */
export function strength(line: string): 0 | 1 | 2 {
  if (isTrivial(line)) return 0
  if (WEAK.test(line) && !/==|\.toBe\(|\.toEqual\(|\.toStrictEqual\(/.test(line)) return 1
  return STRONG.test(line) ? 2 : 1
}

const TOLERANCE =
  /toBeCloseTo\(|closeTo\(|approximately\(|AlmostEqual\(|approx\(|isclose\(|allclose\(|\b(?:delta|places|atol|rtol|rel|abs|tolerance|epsilon|within|timeout)\b|assertEquals\([^,]+,[^,]+,[^,]+\)/i

/** True when the second line is the first with a wider tolerance. */
export function isLoosened(before: string, after: string): boolean {
  if (!TOLERANCE.test(before) || !TOLERANCE.test(after)) return false
  const shape = (line: string) => line.replaceAll(NUMBER, '0').replaceAll(/\s+/g, '')
  if (shape(before) !== shape(after)) return false
  const [from, to] = [numbers(before), numbers(after)]
  const changed = from.flatMap((value, at) => (value === to[at] ? [] : [[value, to[at] ?? value] as const]))
  const last = changed.at(-1)
  if (changed.length !== 1 || last === undefined || from.at(-1) === to.at(-1)) return false
  const finer = /toBeCloseTo\(|places|assertAlmostEqual\((?!.*delta)/.test(before)
  return finer ? last[1] < last[0] : last[1] > last[0]
}

const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?/gi
const numbers = (line: string): readonly number[] => Array.from(line.matchAll(NUMBER), ([text]) => Number(text))
