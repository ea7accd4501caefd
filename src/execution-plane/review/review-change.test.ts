import { describe, expect, it } from 'vitest'
import type { FileChange } from '#domain/change'
import type { Verdict } from '#domain/gate'
import { reviewChange, type ModelReview, type ReviewWish } from './review-change.ts'

const side = (letter: string) => ({ commit: letter.repeat(40), tree: letter.repeat(40) })

const file = (path: string, more: Partial<FileChange> = {}): FileChange => ({
  path,
  kind: 'modified',
  old_mode: '100644',
  new_mode: '100644',
  old_blob: 'a'.repeat(40),
  new_blob: 'b'.repeat(40),
  added_lines: 5,
  deleted_lines: 1,
  ...more,
})

/** A patch that adds lines after the first `at` lines of a file. */
const patchOf = (path: string, added: readonly string[], at = 10) =>
  [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${at},2 +${at},${added.length + 2} @@`,
    ' before',
    ...added.map((line) => `+${line}`),
    ' after',
    '',
  ].join('\n')

const wish = (
  more: Partial<ReviewWish> & { readonly files?: readonly FileChange[]; readonly patch?: string },
): ReviewWish => ({
  base: side('a'),
  head: side('b'),
  compared: { way: 'merge_base', base: 'main', base_commit: 'c'.repeat(40) },
  change: {
    base_tree: 'a'.repeat(40),
    head_tree: 'b'.repeat(40),
    files: more.files ?? [file('src/a.ts'), file('test/a.test.ts')],
    patch: more.patch ?? patchOf('src/a.ts', ['one', 'two', 'three']),
  },
  verdicts: [],
  paths: ['src/a.ts', 'test/a.test.ts'],
  evidence: null,
  earlier: [],
  model: null,
  ...more,
})

const said = (findings: ModelReview['findings'], more: Partial<ModelReview> = {}): ModelReview => ({
  name: 'm',
  outcome: 'answered',
  reason: '',
  summary: '',
  questions: [],
  findings,
  ...more,
})

const finding = (lines: string, more: Partial<ModelReview['findings'][number]> = {}) => ({
  severity: 'minor' as const,
  confidence: 'high' as const,
  file: 'src/a.ts',
  lines,
  invariant: 'i',
  issue: `issue at ${lines}`,
  consequence: 'c',
  suggestion: 's',
  evidence: [],
  found_by: 'model' as const,
  rule: 'model',
  ...more,
})

describe('a review', () => {
  it('tells of code without a test, on its first changed line', () => {
    const { findings } = reviewChange(wish({ files: [file('src/a.ts')] }))
    expect(findings).toMatchObject([{ rule: 'review.missing_test', severity: 'major', file: 'src/a.ts', lines: '11' }])
  })

  it.each([
    ['a test changes with it', {}],
    ['the repository has no tests', { files: [file('src/a.ts')], paths: ['src/a.ts'] }],
    ['only comments change', { files: [file('src/a.ts')], patch: patchOf('src/a.ts', ['// a', '// b', '', ' * c']) }],
  ])('asks for no test where %s', (_, more) => {
    expect(reviewChange(wish(more)).findings).toEqual([])
  })

  it.each([
    ['<<<<<<< HEAD', 'review.conflict_marker'],
    ['  debugger', 'review.debugger'],
    ['breakpoint()', 'review.debugger'],
    ['} catch (error) {}', 'review.swallowed_error'],
  ])('finds %s left behind', (line, rule) => {
    expect(reviewChange(wish({ patch: patchOf('src/a.ts', [line]) })).findings).toMatchObject([{ rule, lines: '11' }])
  })

  it.each(['const debuggerOpen = true', 'catch (error) { report(error) }', '======= title ======='])(
    'leaves %s alone',
    (line) => {
      expect(reviewChange(wish({ patch: patchOf('src/a.ts', [line]) })).findings).toEqual([])
    },
  )

  it('tells at most six findings, the weightiest first, and counts the rest', () => {
    const minor = Array.from({ length: 8 }, (_, at) => finding(String(at + 11)))
    const patch = patchOf(
      'src/a.ts',
      Array.from({ length: 9 }, (_, at) => `line ${at}`),
    )
    const blocker = finding('19', { severity: 'blocker', confidence: 'medium' })
    const report = reviewChange(
      wish({ patch, model: said([...minor, blocker, finding('12', { severity: 'nit', confidence: 'low' })]) }),
    )
    expect(report.findings).toHaveLength(6)
    expect(report.findings[0]).toMatchObject({ severity: 'blocker', lines: '19' })
    expect(report.left_out.over_the_limit).toBe(3)
  })

  it('drops what a model says of lines or files that the change does not touch', () => {
    const report = reviewChange(
      wish({ model: said([finding('400'), finding('10'), finding('11', { file: 'src/other.ts' }), finding('9-11')]) }),
    )
    expect(report.findings.map(({ lines }) => lines)).toEqual(['9-11'])
    expect(report.left_out.off_the_change).toBe(3)
  })

  it('keeps what a check says of a changed file, also where its line is of the base', () => {
    const verdict: Verdict = {
      gate: 'test_integrity',
      answer: 'fail',
      decided_by: 'deterministic',
      reason: '',
      evidence: [],
      findings: [{ rule: 'test.removed', message: 'gone', severity: 'error', path: 'test/a.test.ts', line: 77 }],
    }
    expect(reviewChange(wish({ verdicts: [verdict] })).findings).toMatchObject([
      { rule: 'test.removed', severity: 'blocker', lines: null, found_by: 'check' },
    ])
  })

  it('knows a finding again when its lines have moved, and tells what is gone', () => {
    const model = (lines: string) => said([finding(lines)])
    const first = reviewChange(wish({ patch: patchOf('src/a.ts', ['bad()']), model: model('11') }))
    const fingerprint = first.findings[0]?.fingerprint ?? ''
    const earlier = [fingerprint, 'f'.repeat(16)]
    const moved = reviewChange(wish({ patch: patchOf('src/a.ts', ['  bad()'], 90), model: model('91'), earlier }))
    expect(moved.findings).toMatchObject([{ fingerprint, standing: 'still_open', lines: '91' }])
    expect(moved.resolved).toEqual(['f'.repeat(16)])
  })

  it('does not depend on the order in which findings come', () => {
    const all = [finding('11'), finding('12'), finding('13', { severity: 'major' })]
    const report = (findings: ModelReview['findings']) => reviewChange(wish({ model: said(findings) }))
    expect(report(all.toReversed())).toEqual(report(all))
  })

  it('says which files want a closer look, and why', () => {
    const files = [
      file('src/auth/session.ts'),
      file('package.json'),
      file('.github/workflows/ci.yml'),
      file('README.md'),
    ]
    const { risky_files } = reviewChange(wish({ files, patch: '' }))
    expect(risky_files.map(({ file: path }) => path)).toEqual([
      '.github/workflows/ci.yml',
      'package.json',
      'src/auth/session.ts',
    ])
  })

  it.each([
    [null, 'none', 8],
    ['## Summary\nx\n## Verification\ny\n', 'description', 6],
    ['{"answers":{"what_was_asked":["x"],"how_to_roll_back":["y"]}}', 'packet', 6],
  ])('says what evidence is missing of %s', (evidence, source, missing) => {
    const report = reviewChange(wish({ evidence }))
    expect([report.evidence.source, report.evidence.missing.length]).toEqual([source, missing])
  })
})
