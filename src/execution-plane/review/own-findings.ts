import type { FileChange } from '#domain/change'
import type { Draft } from './changed-lines.ts'
import { kindOf } from './file-kinds.ts'
import type { DiffLine, FileHunks } from './numbered-diff.ts'

/** Below so many changed lines of code a missing test is not worth a remark. */
const LINES_THAT_WANT_A_TEST = 3
const COMMENT_OR_EMPTY = /^\s*(?:$|\/\/|#|\/?\*|--|<!--|"""|''')/

interface Leftover {
  readonly rule: string
  readonly pattern: RegExp
  readonly draft: Pick<Draft, 'severity' | 'confidence' | 'invariant' | 'issue' | 'consequence' | 'suggestion'>
}

const LEFTOVERS: readonly Leftover[] = [
  {
    rule: 'review.conflict_marker',
    pattern: /^(?:<{7}|>{7}|\|{7})(?: |$)/,
    draft: {
      severity: 'blocker',
      confidence: 'high',
      invariant: 'A merged file holds one version of its text.',
      issue: 'A marker of an unresolved merge conflict is part of the change.',
      consequence: 'The file does not parse, or it holds both versions.',
      suggestion: 'Resolve the conflict and take the markers out.',
    },
  },
  {
    rule: 'review.debugger',
    pattern: /^\s*(?:debugger;?|breakpoint\(\)|import pdb\b.*|binding\.pry|byebug|dbg!\(.*)\s*$/,
    draft: {
      severity: 'major',
      confidence: 'high',
      invariant: 'What is merged does not stop for a debugger.',
      issue: 'A call that stops for or prints to a debugger was left in.',
      consequence: 'The program halts or leaks its state where it is met.',
      suggestion: 'Take the line out.',
    },
  },
  {
    rule: 'review.swallowed_error',
    pattern: /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|^\s*except(?:\s+(?:Base)?Exception)?\s*:\s*pass\s*$/,
    draft: {
      severity: 'major',
      confidence: 'medium',
      invariant: 'A failure is handled or told.',
      issue: 'An error is caught and nothing is done with it.',
      consequence: 'What failed goes on as if it had not, and nobody learns of it.',
      suggestion: 'Handle the error it is meant for, or let it pass.',
    },
  },
]

/** What a reviewer sees without a model: code without a test, and what was left behind. */
export function ownFindings(
  files: readonly FileChange[],
  hunks: readonly FileHunks[],
  has_tests: boolean,
): readonly Draft[] {
  return [...missingTests(files, hunks, has_tests), ...hunks.flatMap(leftovers)]
}

function missingTests(files: readonly FileChange[], hunks: readonly FileHunks[], has_tests: boolean): readonly Draft[] {
  if (!has_tests || files.some(({ path, kind }) => kindOf(path) === 'test' && kind !== 'deleted')) return []
  const code = hunks
    .filter(({ path }) => kindOf(path) === 'source')
    .map((file) => ({ file, added: file.lines.filter(isCode) }))
    .sort((one, other) => other.added.length - one.added.length)
  const total = code.reduce((sum, { added }) => sum + added.length, 0)
  const most = code[0]
  if (most === undefined || total < LINES_THAT_WANT_A_TEST) return []
  const first = most.added[0]
  return [
    {
      severity: 'major',
      confidence: 'high',
      file: most.file.path,
      lines: first === undefined ? null : String(first.line),
      invariant: 'Changed behaviour is shown by a test that fails without the change.',
      issue: `${total} lines of code in ${code.filter(({ added }) => added.length > 0).length} files are new or changed, and no test is.`,
      consequence: 'Nothing tells whether it works, and nothing will tell when it stops working.',
      suggestion: 'Add a test that fails on the base commit and passes now.',
      evidence: ['no file of tests is part of the change'],
      found_by: 'check',
      rule: 'review.missing_test',
    },
  ]
}

const isCode = ({ kind, text }: DiffLine): boolean => kind === 'added' && !COMMENT_OR_EMPTY.test(text)

function leftovers({ path, lines }: FileHunks): readonly Draft[] {
  const found: Draft[] = []
  for (const { kind, line, text } of lines) {
    if (kind !== 'added' || text.length > 2_000) continue
    const left = LEFTOVERS.find(({ pattern }) => pattern.test(text))
    if (left === undefined || kindOf(path) === 'documentation') continue
    const evidence = [`line ${line}: ${text.trim().slice(0, 120)}`]
    found.push({ ...left.draft, rule: left.rule, file: path, lines: String(line), evidence, found_by: 'check' })
  }
  return found
}
