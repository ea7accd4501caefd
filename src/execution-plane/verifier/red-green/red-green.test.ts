import { describe, expect, it } from 'vitest'
import type { FileChange } from '#domain/change'
import type { ProfilePhase, ProvedTest, RedGreenReport, VerificationProfile } from '#domain/verification'
import type { TreeEdit } from '#ports'
import { composeRed, partsOfChange } from './compose-red.ts'
import { withInlineTests } from './inline-tests.ts'
import { judgeRedGreen, redGreenText } from './judge-red-green.ts'
import { focusedProfile, repeatedProfile } from './proof-profiles.ts'

const file = (path: string, kind: FileChange['kind'] = 'modified'): FileChange => ({
  path,
  kind,
  old_mode: kind === 'added' ? null : '100644',
  new_mode: kind === 'deleted' ? null : '100644',
  old_blob: kind === 'added' ? null : `old ${path}`,
  new_blob: kind === 'deleted' ? null : `new ${path}`,
  added_lines: 1,
  deleted_lines: 0,
})
const isTest = (path: string) => path.endsWith('.test.ts')
const paths = (files: readonly FileChange[]) => files.map(({ path }) => path)

describe('the tree without the change', () => {
  const repository = (texts: Readonly<Record<string, string>>) => {
    const edits: TreeEdit[] = []
    return {
      edits,
      readFile: async (tree: string, path: string) => new TextEncoder().encode(texts[`${tree}:${path}`] ?? ''),
      composeTree: async (_: string, given: readonly TreeEdit[]) => {
        edits.push(...given)
        return 'red'
      },
    }
  }
  const trees = { base: 'base', head: 'head' }

  it('has tests, what they read, and nothing else of the head', async () => {
    const files = [
      file('src/a.ts'),
      file('src/a.test.ts'),
      file('tests/data/a.json', 'added'),
      file('b.test.ts', 'deleted'),
    ]
    const change = partsOfChange([...files, file('README.md'), file('docs/x.png')], isTest)
    expect(paths(change.tests)).toEqual(['src/a.test.ts', 'tests/data/a.json', 'b.test.ts'])
    expect(paths(change.code)).toEqual(['src/a.ts'])
    const seen = repository({})
    expect(await composeRed(seen, trees, change)).toBe('red')
    expect(seen.edits).toEqual([
      { path: 'src/a.test.ts', put: { mode: '100644', blob: 'new src/a.test.ts' } },
      { path: 'tests/data/a.json', put: { mode: '100644', blob: 'new tests/data/a.json' } },
      { path: 'b.test.ts', put: null },
    ])
  })

  it('is the base itself where no test was changed', async () => {
    expect(await composeRed(repository({}), trees, partsOfChange([file('src/a.ts')], isTest))).toBeUndefined()
  })

  it('has the tests of a Rust source in the base’s own source', async () => {
    const tests = (name: string) => `#[cfg(test)]\nmod tests {\n    #[test]\n    fn ${name}() {}\n}\n`
    const texts = { 'base:a.rs': `fn a() {}\n\n${tests('old')}`, 'head:a.rs': `fn b() {}\n\n${tests('new')}` }
    const seen = repository(texts)
    await composeRed(seen, trees, partsOfChange([file('a.rs')], isTest))
    expect(seen.edits).toEqual([{ path: 'a.rs', put: { content: `fn a() {}\n\n${tests('new')}` } }])
    expect(withInlineTests(texts['base:a.rs'], `fn b() {}\n\n${tests('old')}`)).toBeUndefined()
    expect(withInlineTests(texts['base:a.rs'], 'fn b() {}\n')).toBeUndefined()
  })
})

describe('the red-green gate', () => {
  const report = (more: Partial<RedGreenReport>): RedGreenReport => ({
    schema: 'gander.red-green/v1',
    rule: 'fix_needs_a_red_test',
    base_tree: 'b',
    head_tree: 'h',
    tree: 'r',
    test_files: [],
    tests: [],
    repeated: 0,
    orders: [],
    unsteady: [],
    ...more,
  })
  const test = (id: string, proof: ProvedTest['proof']): ProvedTest => ({ id, proof, is_new: true, reason: proof })
  const judged = (more: Partial<RedGreenReport>, unavailable?: string) =>
    judgeRedGreen({ report: report(more), evidence: [], ...(unavailable !== undefined && { unavailable }) })

  it.each(['red_green', 'red_by_absence'] as const)(
    'one %s test is enough, and what proves nothing is named',
    (proof) => {
      const verdict = judged({ tests: [test('a', proof), test('b', 'green_green')] })
      expect(verdict.answer).toBe('pass')
      expect(verdict.reason).toContain('1 test proves nothing: b')
      expect(verdict.findings.map(({ rule, severity }) => [rule, severity])).toEqual([
        ['red_green.green_green', 'warning'],
      ])
    },
  )

  it.each(['green_green', 'red_red', 'not_run', 'unrelated'] as const)(
    '%s tests alone do not carry a fix or a feature',
    (proof) => {
      for (const rule of ['fix_needs_a_red_test', 'new_tests_are_red'] as const)
        expect(judged({ rule, tests: [test('a', proof)] }).answer).toBe('fail')
    },
  )

  it('red by absence is not enough for a fix that could be tested otherwise, and is for a feature', () => {
    const tests = [test('a', 'red_by_absence')]
    const absence = { is_enough: false, reason: 'test what is there' }
    const verdict = judged({ tests, absence })
    expect(verdict).toMatchObject({ answer: 'fail', reason: expect.stringContaining('test what is there') })
    expect(verdict.findings.map(({ rule }) => rule)).toEqual(['red_green.red_by_absence'])
    expect(judged({ tests: [...tests, test('b', 'red_green')], absence }).answer).toBe('pass')
    expect(judged({ tests, absence: { ...absence, is_enough: true } }).answer).toBe('pass')
    expect(judged({ rule: 'new_tests_are_red', tests, absence }).answer).toBe('pass')
  })

  it('a fix without any such test fails, a feature whose tests are the same as before does not', () => {
    expect(judged({})).toMatchObject({ answer: 'fail', reason: expect.stringContaining('a fix needs a test') })
    expect(judged({ rule: 'new_tests_are_red' }).answer).toBe('not_required')
  })

  it('an unsteady new test fails whatever else is proved, and says what is to be done', () => {
    const more = { tests: [test('a', 'red_green')], unsteady: [{ id: 'a', passed: 2, outcomes: 3 }], repeated: 2 }
    expect(judged(more)).toMatchObject({ answer: 'fail', reason: expect.stringContaining('a') })
    expect(redGreenText(report(more), judged(more))).toContain('a: passed 2 of 3 times')
    expect(judged({ ...more, rule: 'tests_only' }).answer).toBe('fail')
  })

  it.each(['docs_need_no_test', 'tests_only', 'transform_has_no_tests', 'refactoring_keeps_tests_green'] as const)(
    'names the rule where it asks for nothing: %s',
    (rule) => {
      expect(judged({ rule })).toMatchObject({ answer: 'not_required', reason: expect.stringContaining(rule) })
    },
  )

  it('what could not be run without the change is a person’s, never a yes', () => {
    expect(judged({ tests: [test('a', 'red_green')] }, 'no sandbox').answer).toBe('unavailable')
  })
})

describe('what is run for a proof', () => {
  const phase = (id: string, more: Partial<ProfilePhase> = {}): ProfilePhase => ({
    id,
    argv: [id],
    required: true,
    timeout_seconds: 1,
    ...more,
  })
  const profile = (...phases: readonly ProfilePhase[]): VerificationProfile => ({
    id: 'p',
    version: 'v',
    ecosystem: 'node',
    registry_hosts: [],
    phases,
    found_by: '',
  })

  it('is compilers and tests, with a version of its own', () => {
    const whole = profile(phase('lint'), phase('build'), phase('test'), phase('audit', { required: false }))
    const part = focusedProfile(whole, ['a.test.ts'])
    expect(part.phases.map(({ id }) => id)).toEqual(['build', 'test'])
    expect(part.version).not.toBe(whole.version)
  })

  it('is these test files alone where the runner can be told', () => {
    const focus = { argv: ['runner', '{target}'], by: 'path', extensions: ['.ts'] } as const
    const whole = profile(phase('test', { focus }))
    expect(focusedProfile(whole, ['a.test.ts']).phases.map(({ argv }) => argv)).toEqual([['runner', 'a.test.ts']])
    const { profile: again, orders } = repeatedProfile(whole, ['a.ts', 'b.ts'], 2)
    expect(again.phases.map(({ argv }) => argv.slice(1))).toEqual([
      ['b.ts', 'a.ts'],
      ['a.ts', 'b.ts'],
    ])
    expect(orders).toEqual(['files reversed', 'as is'])
    expect(new Set(again.phases.map(({ id }) => id)).size).toBe(2)
  })

  it.each([
    [
      ['go', 'test', '-json', './...'],
      ['go', 'test', '-shuffle=on', '-json', './...'],
    ],
    [
      ['node_modules/.bin/vitest', 'run', 'x'],
      ['node_modules/.bin/vitest', 'run', '--sequence.shuffle', 'x'],
    ],
  ])('is shuffled by runners that can: %j', (argv, shuffled) => {
    const { profile: again, orders } = repeatedProfile(profile(phase('test', { argv })), ['a'], 1)
    expect(again.phases[0]?.argv).toEqual(shuffled)
    expect(orders).toEqual(['shuffled by the runner'])
  })
})
