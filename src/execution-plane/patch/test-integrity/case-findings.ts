import type { Finding } from '#domain/gate'
import type { ChangedFile, Content } from '../changed-file.ts'
import { testCases, type TestCase } from './test-cases.ts'
import { isCollected, isTestFile, languageOf } from './test-files.ts'

/** Test cases that are gone, compared by name over every changed file, so that a moved test is not a removed one. */
export function caseFindings(tests: readonly ChangedFile[], all: readonly ChangedFile[]): readonly Finding[] {
  const elsewhere = new Set(
    all
      .filter(({ change }) => isTestFile(change.path))
      .flatMap(({ change, after }) => casesOf(change.path, after).map((test) => test.name)),
  )
  return tests.flatMap((file) => {
    const { path, kind } = file.change
    const before = casesOf(path, file.before)
    const after = casesOf(path, file.after)
    const names = new Set(after.map((test) => test.name))
    const known = new Set(before.map((test) => test.name))
    const gone = before.filter((test) => !names.has(test.name) && !elsewhere.has(test.name))
    const fresh = after.filter((test) => !known.has(test.name))
    const fewer =
      before.filter((test) => elsewhere.has(test.name) || names.has(test.name)).length + fresh.length < before.length
    const deleted = kind === 'deleted' ? deletionFinding(path, before, all, gone) : []
    return [...deleted, ...gone.map((test) => goneFinding(path, test, fewer))]
  })
}

function goneFinding(path: string, test: TestCase, fewer: boolean): Finding {
  return fewer
    ? { rule: 'test.removed', path, line: test.line, message: `the test "${test.name}" is removed`, severity: 'error' }
    : {
        rule: 'test.renamed',
        path,
        line: test.line,
        message: `the test "${test.name}" is gone and another is in its place`,
        severity: 'warning',
      }
}

/** A test file that was deleted, or moved to where no runner looks. */
function deletionFinding(
  path: string,
  before: readonly TestCase[],
  all: readonly ChangedFile[],
  gone: readonly TestCase[],
): readonly Finding[] {
  const names = new Set(before.map((test) => test.name))
  const away = all.find(
    ({ change, after }) =>
      change.kind === 'added' &&
      !isCollected(change.path) &&
      names.size > 0 &&
      casesOf(path, after).some((test) => names.has(test.name)),
  )
  if (away !== undefined && isCollected(path))
    return [
      {
        rule: 'test.renamed_away',
        path,
        message: `the tests move to ${away.change.path}, where no runner looks`,
        severity: 'error',
      },
    ]
  if (gone.length > 0)
    return [
      { rule: 'test.file_deleted', path, message: `${path} is deleted with ${gone.length} tests`, severity: 'error' },
    ]
  return before.length === 0 && isCollected(path)
    ? [{ rule: 'test.file_deleted', path, message: `${path} is deleted`, severity: 'error' }]
    : [
        {
          rule: 'test.moved',
          path,
          message: `${path} is deleted; its tests are in other changed files`,
          severity: 'warning',
        },
      ]
}

function casesOf(path: string, content: Content | undefined): readonly TestCase[] {
  const language = languageOf(path)
  return language === undefined || content?.lines === undefined ? [] : testCases(content.lines, language)
}
