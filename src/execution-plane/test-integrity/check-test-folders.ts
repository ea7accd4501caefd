import type { CheckTestFolders, TestCheckFinding } from '#ports'
import { addedLines, linesOf, removedLines, type ChangedText } from './changed-text.ts'
import { checkTests } from './check-tests.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { readFolders } from './read-folders.ts'
import { isTestFile } from './test-files.ts'

/** Lines shown before and behind the one that is meant. */
const CONTEXT = 3

/** Compares the tests of two folders with the engine that is the gate of a run; fails when a finding is an error. */
export const checkTestFolders: CheckTestFolders = async (base, head) => {
  const { changed, not_read } = await readFolders(base, head)
  const unread = not_read.filter(isTestFile).map(
    (path): IntegrityFinding => ({
      rule: 'test.not_read',
      path,
      line: 1,
      severity: 'error',
      message: `${path} changed and is a link, binary or too large to be read`,
    }),
  )
  const readable = changed.filter(({ path }) => !not_read.includes(path))
  const found = [...unread, ...(await checkTests(readable))]
  const files = new Map(changed.map((file) => [file.path, file]))
  const findings = found
    .map((finding) => reported(finding, files.get(finding.path)))
    .sort((a, b) => rank(a) - rank(b) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
  const failed = findings.some(({ severity }) => severity === 'error')
  return { verdict: failed ? 'fail' : 'pass', findings, changed_files: changed.length, not_read }
}

const rank = ({ severity }: TestCheckFinding): number => (severity === 'error' ? 0 : 1)

function reported(finding: IntegrityFinding, file: ChangedText | undefined): TestCheckFinding {
  const { rule, severity, path, message, line = 1 } = finding
  const side = finding.side === 'base' || file?.after === undefined ? 'base' : 'head'
  return { rule, severity, file: path, line, side, message, hunk: file === undefined ? '' : hunkAt(file, line, side) }
}

function hunkAt(file: ChangedText, line: number, side: 'base' | 'head'): string {
  const lines = linesOf(((side === 'base' ? file.before : file.after) ?? '').trimEnd())
  const only = new Set((side === 'base' ? removedLines(file) : addedLines(file)).map((one) => one.line))
  const sign = side === 'base' ? '-' : '+'
  const from = Math.max(1, line - CONTEXT)
  return lines
    .slice(from - 1, line + CONTEXT)
    .map((text, at) => `${only.has(from + at) ? sign : ' '}${text.slice(0, 400)}`)
    .join('\n')
}
