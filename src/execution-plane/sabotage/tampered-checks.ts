import { lineAt, spliced, wholeChecks, type Target } from './tampered-test.ts'

type Rewrite = readonly [from: RegExp, to: string]

const LOOSEN: readonly Rewrite[] = [
  [/\.to(?:Be|Equal|StrictEqual)\((?!true\)|false\)).*\)(;?)$/, '.toBeTruthy()$1'],
  [/\bassert\.(?:strictEqual|equal|deepEqual|deepStrictEqual)\((.+), [^,()]+\)(;?)$/, 'assert.ok($1)$2'],
  [/^(\s*)self\.assertEquals?\((.+), [^,()]+\)$/, '$1self.assertTrue($2)'],
  [/^(\s*)assert (\S.*\S) == .*$/, '$1assert $2'],
  [/\bassertEquals\([^,()]+, (.+)\);$/, 'assertNotNull($1);'],
  [/\.isEqualTo\(.*\);$/, '.isNotNull();'],
  [/\bassert\.Equal\(t, [^,]+, (.+)\)$/, 'assert.NotNil(t, $1)'],
  [/\bassert_eq!\((\w[^,]*), .*\);$/, 'let _ = $1;'],
]
const WIDEN: readonly Rewrite[] = [
  [/(toBeCloseTo\(.+, )\d+\)/, '$10)'],
  [/(assertAlmostEqual\(.+, places=)\d+/, '$10'],
  [/((?:rel|abs|atol|rtol|delta|tol|epsilon|rel_tol|abs_tol)=)[\d.e-]+/, '$11.0'],
  [/(assertEquals\(.+, .+, )[\d.e-]+(\);)/, '$199$2'],
  [/(assert.+?< ?)(?:1e-\d+|0\.0*\d+)\b/, '$110'],
  [/(InDelta\(t, .+, )[\d.e-]+/, '$1100'],
]
const INVERT: readonly Rewrite[] = [
  [/\.not\.to(Be|Equal)/, '.to$1'],
  [/\.to(Be|Equal|StrictEqual|Contain)\(/, '.not.to$1('],
  [/\bassert\.(?:strictEqual|equal)\(/, 'assert.notStrictEqual('],
  [/^(\s*)assert (.+) == /, '$1assert $2 != '],
  [/^(\s*)assert not /, '$1assert '],
  [/^(\s*)assert (?!not )([^=!<>]+)$/, '$1assert not ($2)'],
  [/self\.assertEqual\(/, 'self.assertNotEqual('],
  [/\bassertTrue\(/, 'assertFalse('],
  [/\bassertFalse\(/, 'assertTrue('],
  [/\bassertEquals\(/, 'assertNotEquals('],
  [/\.isEqualTo\(/, '.isNotEqualTo('],
  [/\bassert\.Equal\(/, 'assert.NotEqual('],
  [/\bif (\w+) != /, 'if $1 == '],
  [/\bassert_eq!\(/, 'assert_ne!('],
  [/\bassert!\(/, 'assert!(!'],
]

const rewritten =
  (rules: readonly Rewrite[]) =>
  (target: Target): string | undefined => {
    for (const { line, end_line } of wholeChecks(target)) {
      const text = lineAt(target, line)
      const rule = line === end_line ? rules.find(([from]) => from.test(text)) : undefined
      if (rule !== undefined) return spliced(target, line, line, [text.replace(rule[0], rule[1])])
    }
    return undefined
  }

/** Asks one check for less. */
export const loosenedCheck = rewritten(LOOSEN)
/** Lets one check be further off. */
export const widenedCheck = rewritten(WIDEN)
/** Asks one check for the opposite. */
export const invertedCheck = rewritten(INVERT)

/** Expects another number or text in one check. */
export function changedCheck(target: Target): string | undefined {
  for (const { line, end_line, text: words } of wholeChecks(target)) {
    const text = lineAt(target, line)
    if (line !== end_line || !/equal|==|toBe\(|isEqualTo|Equal|assert_eq/i.test(words)) continue
    const changed = text
      .replace(/(?<=[(, =])(\d+)(?=[),;\s]*$)/, (number) => String(Number(number) + 1))
      .replace(/(['"])([\w -]{2,})\1(?=[),;\s]*$)/, '$1$2 other$1')
    if (changed !== text) return spliced(target, line, line, [changed])
  }
  return undefined
}
