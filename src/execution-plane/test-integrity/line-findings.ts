import { posix } from 'node:path'
import { addedLines, removedLines, type ChangedText } from './changed-text.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { SOURCE_LINE_RULES, TEST_LINE_RULES, type LineRule } from './runner-lines.ts'
import { languageOf } from './test-files.ts'

/** Rules whose question a syntax tree answers better; lines ask them only where there is no tree. */
const BY_TREE = /^test\.(?:only|skipped|swallowed_failure|dead_code)$/
const COMMENT = /^\s*(?:\/\/(?!\s*@ts)|\*|#(?!\[|\s*(?:type|noqa|pragma|pylint)))/

/** Lines a test file gained that end the process or take the runner over; without a tree also what lines can tell of skips. */
export function testLineFindings(file: ChangedText, has_tree: boolean): readonly IntegrityFinding[] {
  const language = languageOf(file.path)
  const rules = TEST_LINE_RULES.filter(
    (rule) =>
      (!has_tree || !BY_TREE.test(rule.rule)) &&
      (rule.languages === undefined || (language !== undefined && rule.languages.includes(language))),
  )
  return addedLines(file).flatMap(({ line, text }) => matches(file.path, line, text, rules))
}

/** Lines by which product code would know that it is tested, or turn a check off. */
export function sourceFindings(file: ChangedText): readonly IntegrityFinding[] {
  if (languageOf(file.path) === undefined || file.after === undefined) return []
  const before_tests = /^(?:sitecustomize|usercustomize)\.py$/.test(posix.basename(file.path))
  const own: readonly IntegrityFinding[] = before_tests
    ? [
        {
          rule: 'test.runner_tampered',
          path: file.path,
          line: 1,
          severity: 'error',
          message: 'is loaded by Python before any test',
        },
      ]
    : []
  const lines = addedLines(file).flatMap(({ line, text }) =>
    SOURCE_LINE_RULES.flatMap((rule) =>
      matches(file.path, line, text, [rule]).map((finding) => ({ ...finding, severity: rule.severity })),
    ),
  )
  return [...own, ...lines]
}

/** Checks and cases that a file without a tree lost, counted by lines. */
export function plainFindings(file: ChangedText): readonly IntegrityFinding[] {
  if (file.before === undefined) return []
  const checks = (text: string) =>
    /\b(?:assert\w*|expect\w*|verify|should\w*|must\w*)\b\s*[({. ]/.test(text) && !COMMENT.test(text)
  const cases = (text: string) =>
    /^\s*(?:@Test\b|(?:it|test|should|scenario)\s*\(|"[^"]+"\s+(?:should|in)\b|def ['"])/.test(text)
  const gone = (is: (text: string) => boolean) =>
    removedLines(file).filter(({ text }) => is(text)).length - addedLines(file).filter(({ text }) => is(text)).length
  const at = { path: file.path, severity: 'error' as const, line: 1 }
  return [
    ...(gone(cases) > 0 ? [{ ...at, rule: 'test.removed', message: `${gone(cases)} tests are taken out` }] : []),
    ...(gone(checks) > 0
      ? [{ ...at, rule: 'test.assertion_removed', message: `${gone(checks)} checks are taken out` }]
      : []),
  ]
}

/** The rules that a line breaks; a comment breaks none. */
export function matches(
  path: string,
  line: number,
  text: string,
  rules: readonly LineRule[],
): readonly IntegrityFinding[] {
  const cut = text.slice(0, 2_000)
  if (COMMENT.test(cut)) return []
  return rules
    .filter((rule) => rule.expression.test(cut))
    .map((rule) => ({
      rule: rule.rule,
      path,
      line,
      message: `${rule.said}: ${cut.trim().slice(0, 120)}`,
      severity: 'error' as const,
    }))
}
