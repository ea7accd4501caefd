import { describe, expect, it } from 'vitest'
import type { PhaseReport, ProvedTest, VerificationReport } from '#domain/verification'
import { reproducedLater, reproduction } from '../reproduction.ts'
import { absenceTerms } from './absence-terms.ts'
import { declarations } from './declarations.ts'
import { broughtBy, isTestOf, namedBy, relationOf, type ChangedText, type RelationGround } from './relations.ts'

const changed = (path: string, before: string, after: string): ChangedText => ({ path, before, after })
const COUNT = changed(
  'stock/count.py',
  'def read_counts(lines):\n    return 1\n',
  'def read_counts(lines):\n    return 2\n',
)
const ground = (more: Partial<RelationGround> = {}): RelationGround => ({
  task: 'Counts overwrite each other. `test_twice` fails.',
  code: [COUNT],
  tests: [],
  others: new Map(),
  ...more,
})
const failing = (id: string, message = '') => ({ id, outcome: 'failed' as const, message })

describe('a failing test of the base commit has to do with a change', () => {
  it('that has it, whose task names it, or that its failure or its text names', () => {
    const own = changed('tests/test_a.py', '', 'x')
    expect(relationOf(failing('tests/test_a.py::A::test_x'), ground({ tests: [own] }))).toContain('tests/test_a.py')
    expect(relationOf(failing('tests.test_b.B::test_twice'), ground())).toContain('test_twice')
    expect(relationOf(failing('b', 'File "/workspace/stock/count.py", line 3'), ground())).toContain('stock/count.py')
    const others = new Map([['tests/test_c.py', 'from stock import read_counts']])
    expect(relationOf(failing('tests.test_c.C::test_x'), ground({ others }))).toContain('read_counts of stock/count.py')
  })

  it('and not one that names nothing of it', () => {
    const others = new Map([['tests/test_c.py', 'import socket\nself.assertTrue(ready)']])
    expect(relationOf(failing('tests.test_c.C::test_x', 'AssertionError'), ground({ others }))).toBeUndefined()
  })

  it.each([
    ['works', 'it works again', undefined],
    ['a.test.ts::adds both counts', 'adds both counts is red', 'adds both counts'],
    ['m::CountTest::x', 'see CountTest', 'CountTest'],
    ['m::test_a', 'test_abc fails', undefined],
  ])('of %j the task %j names %j', (id, task, name) => {
    expect(namedBy({ id }, task)).toBe(name)
  })

  it.each([
    ['org.x.CountTest::adds', 'src/test/java/org/x/CountTest.java', '', true],
    ['example.org/m/pkg::TestTotal', 'pkg/total_test.go', 'func TestTotal(t *testing.T) {', true],
    ['example.org/m/other::TestTotal', 'pkg/total_test.go', 'func TestTotal(t *testing.T) {', false],
    ['tests::total', 'src/lib.rs', '#[test]\nfn total() {}', true],
    ['tests.test_a.A::x', 'tests/test_ab.py', '', false],
  ])('%j is of %j', (id, path, text, is) => {
    expect(isTestOf({ id }, path, text)).toBe(is)
  })
})

describe('a test that cannot run without a fix is enough', () => {
  const absent = (missing: readonly string[]): ProvedTest => ({
    id: 'a',
    proof: 'red_by_absence',
    is_new: true,
    reason: '',
    missing,
  })
  const base = (more: Partial<PhaseReport> = {}): VerificationReport => ({
    profile: 'p',
    profile_version: 'v',
    tree: 't',
    sandbox_fingerprint: 'f',
    outcome: 'passed',
    reason: '',
    started_at: '',
    duration_ms: 1,
    phases: [
      {
        id: 'unit',
        argv: [],
        required: true,
        outcome: 'passed',
        exit_code: 0,
        duration_ms: 1,
        tests: [],
        log_sha256: 'a'.repeat(64),
        ...more,
      },
    ],
  })
  const uncompiled = {
    outcome: 'failed',
    diagnosis: {
      classification: 'compile_error',
      root_causes: [{ file: 'stock/count.py', message: 'no', confidence: 1 }],
      likely_direction: '',
      excerpt: 'error: `counted` is not there',
      truncated: false,
      redactions: 0,
    },
  } as const
  const facts = { tests: [absent(['total'])], base: base(), task: 'Mend the counts.', code: [COUNT], test_texts: [] }

  it('where nothing else is possible', () => {
    expect(absenceTerms({ ...facts, task: 'Raise `total` instead.' })?.is_enough).toBe(true)
    expect(absenceTerms({ ...facts, base: base(uncompiled) })?.is_enough).toBe(true)
    expect(absenceTerms({ ...facts, code: [changed('new.py', '', 'x = 1')] })?.is_enough).toBe(true)
    const altered = changed('a.go', 'func Total(a int) int {', 'func Total(a int) (int, error) {')
    const test_texts = [changed('a_test.go', '', 'Total(1)')]
    expect(absenceTerms({ ...facts, code: [altered], test_texts })?.is_enough).toBe(true)
  })

  it('and not where what the base commit has can be asked', () => {
    expect(absenceTerms(facts)).toMatchObject({ is_enough: false, reason: expect.stringContaining('total') })
    expect(absenceTerms({ ...facts, tests: [] })).toBeUndefined()
  })

  it('a name is brought where only the change has it', () => {
    const brings = broughtBy([changed('a.py', 'def old(): pass', 'def old(): pass\ndef fresh(): pass')])
    expect(['fresh', 'old', 'other'].map(brings)).toEqual([true, false, false])
  })

  it('declarations are read in linear time, whatever a line holds', () => {
    const hostile = `${' '.repeat(200_000)}\npublic ${'a'.repeat(200_000)}\n${'public '.repeat(40)}x\n`.repeat(3)
    expect([...declarations(`${hostile}def seen(a):\n`).keys()]).toEqual(['seen'])
  })

  describe('a reproduction', () => {
    const task = { is_fix: true, title: 'Counts', objective: '`test_twice` fails', success_criteria: [] }
    const at = (...tests: PhaseReport['tests']) => base({ outcome: tests.length > 0 ? 'failed' : 'passed', tests })

    it('is a failing test that the task names, with its log; any other one is unrelated so far', () => {
      expect(reproduction(at(failing('m::test_twice')), task)).toMatchObject({
        status: 'reproduced',
        evidence: ['a'.repeat(64)],
      })
      const other = reproduction(at(failing('m::test_long_ago')), task)
      expect(other).toMatchObject({ status: 'unrelated', reason: expect.stringContaining('test_long_ago') })
      expect(reproduction(at(failing('m::test_twice')), task, new Set(['m::test_twice'])).status).not.toBe('reproduced')
    })

    it('is not attempted where nothing could run, and not owed by a feature', () => {
      expect(reproduction({ ...at(), outcome: 'unavailable' }, task).status).toBe('not_attempted')
      for (const classification of ['crash', 'no_tests'] as const) {
        const diagnosis = { ...uncompiled.diagnosis, classification }
        expect(reproduction(base({ outcome: 'failed', diagnosis }), task).status).toBe('not_attempted')
      }
      for (const id of ['a::(package)', 'a::(target)']) {
        const diagnosis = { ...uncompiled.diagnosis, classification: 'crash' } as const
        const lost = base({ outcome: 'failed', diagnosis, tests: [{ id, outcome: 'error' }] })
        expect(reproduction(lost, task).status).toBe('not_attempted')
      }
      expect(reproduction(at(), task).status).toBe('not_reproduced')
      expect(reproduction(at(failing('m::test_twice')), { ...task, is_fix: false }).status).toBe('not_applicable')
    })

    it('is a base commit that does not compile only where the task tells of it', () => {
      const of = (objective: string) => reproduction(base(uncompiled), { ...task, objective }).status
      expect(of('The build breaks in stock/count.py.')).toBe('reproduced')
      expect(of('`counted` is missing')).toBe('reproduced')
      expect(of('Totals are wrong.')).toBe('unrelated')
    })

    it('comes with the change: by what fails, not by what is absent or unrelated', () => {
      const known = { status: 'unrelated', reason: '' } as const
      const later = (proof: ProvedTest['proof']) =>
        reproducedLater(known, { tests: [{ ...absent([]), proof }], red_tree: 'r', evidence: [] })?.status
      expect(later('red_green')).toBe('reproduced')
      expect(later('red_by_absence')).toBe('not_reproduced')
      expect(later('unrelated')).toBe('unrelated')
      expect(later('green_green')).toBeUndefined()
    })
  })
})
