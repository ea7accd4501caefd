import { describe, expect, it } from 'vitest'
import type { Change, FileChange } from '#domain/change'
import type { GateName, Verdict } from '#domain/gate'
import type { DecisionId, RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import type { Policy, PolicyQuestion } from '#ports'
import { checkChange } from './index.ts'

type Tree = Readonly<Record<string, string | Uint8Array>>
interface Options {
  readonly modes?: Readonly<Record<string, readonly [string | null, string | null]>>
  readonly criteria?: readonly string[]
  readonly scope?: Partial<typeof DEFAULT_SCOPE>
  readonly refused?: readonly { readonly path: string; readonly reason: string }[]
}

const CLOSED = /^\.github\/|(?:^|\/)CODEOWNERS$/
const policy: Policy = {
  version: 'p',
  decide(question: PolicyQuestion) {
    const path = question.paths[0] ?? ''
    const outside = question.scope.allowed_paths.length > 0 && !question.scope.allowed_paths.includes(path)
    const rule = CLOSED.test(path) ? 'protected.ci' : outside ? 'task.outside_scope' : 'task.inside_scope'
    const answer = rule === 'task.inside_scope' ? 'allow' : 'deny'
    const { run_id, action, args_hash } = question
    const matched_rules = [{ policy: 'platform', rule, effect: answer } as const]
    return {
      decision_id: 'pdec_x' as DecisionId,
      run_id,
      answer,
      action,
      args_hash,
      requested: {},
      matched_rules,
      explanation: rule,
      policy_version: 'p',
    }
  },
}

const lines = (content: string | Uint8Array | undefined): number =>
  typeof content === 'string' ? content.split('\n').length : 0

function changeOf(before: Tree, after: Tree, modes: Options['modes'] = {}): Change {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const files = paths
    .filter((path) => before[path] !== after[path] || modes[path] !== undefined)
    .map((path): FileChange => {
      const [old_mode, new_mode] = modes[path] ?? [path in before ? '100644' : null, path in after ? '100644' : null]
      const kind = old_mode === null ? 'added' : new_mode === null ? 'deleted' : 'modified'
      return {
        path,
        kind,
        old_mode,
        new_mode,
        old_blob: null,
        new_blob: null,
        added_lines: lines(after[path]),
        deleted_lines: lines(before[path]),
      }
    })
  const links = files
    .filter((file) => file.new_mode === '120000')
    .map(({ path }) => {
      const target = String(after[path])
      return `diff --git a/${path} b/${path}\nnew file mode 120000\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${target}\n\\ No newline at end of file\n`
    })
  return { base_tree: 'base', head_tree: 'head', files, patch: links.join('') }
}

async function gate(name: GateName, before: Tree, after: Tree, options: Options = {}): Promise<Verdict> {
  const change = changeOf(before, after, options.modes)
  const content = (tree: Tree, path: string) => (tree[path] === undefined ? undefined : Buffer.from(tree[path]))
  const repository = {
    readFile: async (tree: string, path: string) => {
      const link = change.files.find((file) => file.path === path && file.new_mode === '120000')
      return link === undefined ? content(tree === 'base' ? before : after, path) : undefined
    },
    listFiles: async () => Object.keys(after).map((path) => ({ path, mode: '100644', blob: '', bytes: 1 })),
  }
  const success_criteria = (options.criteria ?? []).map((text) => ({ text, origin: 'stated' as const }))
  const task = { scope: { ...DEFAULT_SCOPE, ...options.scope }, success_criteria } as unknown as Task
  const verdicts = await checkChange({
    task,
    run_id: 'run_x' as RunId,
    state: 'verifying',
    change,
    refused: options.refused ?? [],
    repository,
    policy,
    redactor: createRedactor(),
  })
  const verdict = verdicts.find((entry) => entry.gate === name)
  if (verdict === undefined) throw new Error(`no verdict of ${name}`)
  return verdict
}

const errors = (verdict: Verdict) =>
  verdict.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.rule)

it('every gate over the change answers, in a fixed order', async () => {
  const change = changeOf({}, { 'a.ts': 'x\n' })
  const repository = { readFile: async () => Buffer.from('x\n'), listFiles: async () => [] }
  const task = { scope: DEFAULT_SCOPE, success_criteria: [] } as unknown as Task
  const verdicts = await checkChange({
    task,
    run_id: 'run_x' as RunId,
    state: 'verifying',
    change,
    refused: [],
    repository,
    policy,
    redactor: createRedactor(),
  })
  expect(verdicts.map(({ gate: name, answer }) => [name, answer])).toEqual([
    ['boundary', 'pass'],
    ['protected_files', 'pass'],
    ['secrets', 'pass'],
    ['special_files', 'pass'],
    ['test_integrity', 'pass'],
  ])
})

describe('boundary and protected files', () => {
  it('a path outside the scope fails the boundary; one inside passes', async () => {
    const scope = { allowed_paths: ['src/a.ts'] }
    expect(errors(await gate('boundary', {}, { 'src/b.ts': '' }, { scope }))).toEqual(['task.outside_scope'])
    expect((await gate('boundary', {}, { 'src/a.ts': '' }, { scope })).answer).toBe('pass')
  })

  it('a protected file fails its own gate, and not the boundary', async () => {
    const after = { '.github/workflows/x.yml': 'on: push\n' }
    expect(await gate('protected_files', {}, after)).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'protected.ci', path: '.github/workflows/x.yml' }],
    })
    expect((await gate('boundary', {}, after)).answer).toBe('pass')
  })

  it('more files or lines than the task allows fail; exactly as many pass', async () => {
    const two = { 'a.ts': '1\n', 'b.ts': '2\n' }
    expect(errors(await gate('boundary', {}, two, { scope: { max_changed_files: 1 } }))).toEqual([
      'task.max_changed_files',
    ])
    expect((await gate('boundary', {}, two, { scope: { max_changed_files: 2 } })).answer).toBe('pass')
    expect(errors(await gate('boundary', {}, two, { scope: { max_diff_lines: 3 } }))).toEqual(['task.max_diff_lines'])
    expect((await gate('boundary', {}, two, { scope: { max_diff_lines: 4 } })).answer).toBe('pass')
  })
})

describe('secrets', () => {
  const token = `ghp_${'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1eF3hJ5'}`
  it('a token in an added line is found with its line and never repeated', async () => {
    const verdict = await gate('secrets', { 'a.ts': 'one\n' }, { 'a.ts': `one\ntwo\nconst t = '${token}'\n` })
    expect(verdict).toMatchObject({ answer: 'fail', findings: [{ rule: 'secret.in_diff', path: 'a.ts', line: 3 }] })
    expect(JSON.stringify(verdict)).not.toContain(token)
  })

  it('a token that was there before passes, also when its line moves', async () => {
    const line = `const t = '${token}'`
    expect((await gate('secrets', { 'a.ts': `${line}\none\n` }, { 'a.ts': `one\nnew\n${line}\n` })).answer).toBe('pass')
  })

  it('a token is found in a file name, in UTF-16 text, in a binary file and behind -diff attributes', async () => {
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`x = ${token}\n`, 'utf16le')])
    const binary = Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(token), Buffer.from([0])])
    expect(errors(await gate('secrets', {}, { [`${token}.txt`]: 'x' }))).toEqual(['secret.in_name'])
    expect(errors(await gate('secrets', {}, { 'a.txt': wide }))).toEqual(['secret.in_diff'])
    expect(errors(await gate('secrets', {}, { 'a.bin': binary }))).toEqual(['secret.in_binary'])
    expect(
      errors(
        await gate('secrets', { '.gitattributes': '* -diff\n' }, { '.gitattributes': '* -diff\n', 'a.txt': token }),
      ),
    ).toEqual(['secret.in_diff'])
  })

  it('a private key over many lines is named where it begins', async () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIBOgIBAAJBALe7hs26gV3XnU6CCgJe\n'.repeat(8)}-----END RSA PRIVATE KEY-----\n`
    expect(await gate('secrets', {}, { 'deploy/key.txt': `first\n${key}` })).toMatchObject({
      answer: 'fail',
      findings: [{ line: 2 }],
    })
  })

  it('lockfile hashes, UUIDs and commit ids pass', async () => {
    const lock = `"integrity": "sha512-${Buffer.from('x'.repeat(64)).toString('base64')}"\nid: 3f2504e0-4f89-11d3-9a0c-0305e82c3301\nsha: ${'0a1b2c3d4e'.repeat(4)}\n`
    expect((await gate('secrets', {}, { 'package-lock.json': lock })).answer).toBe('pass')
  })
})

describe('special files', () => {
  const cases: readonly (readonly [
    fact: string,
    caught: readonly [Tree, Tree, Options?],
    rule: string,
    honest: readonly [Tree, Tree, Options?],
  ])[] = [
    [
      'a link that leaves the repository',
      [{}, { 'd/l': '../../etc/passwd' }, { modes: { 'd/l': [null, '120000'] } }],
      'file.link_outside',
      [{}, { 'd/l': '../a' }, { modes: { 'd/l': [null, '120000'] } }],
    ],
    [
      'an absolute link',
      [{}, { l: '/proc/self/environ' }, { modes: { l: [null, '120000'] } }],
      'file.link_outside',
      [{}, { l: 'proc/self' }, { modes: { l: [null, '120000'] } }],
    ],
    [
      'a link into .git',
      [{}, { l: '.git/config' }, { modes: { l: [null, '120000'] } }],
      'file.link_outside',
      [{}, { l: '.gitignore' }, { modes: { l: [null, '120000'] } }],
    ],
    ['a submodule', [{}, { sub: '' }, { modes: { sub: [null, '160000'] } }], 'file.submodule', [{}, { 'sub/a': '' }]],
    [
      'a file that becomes executable',
      [{ a: 'x' }, { a: 'x' }, { modes: { a: ['100644', '100755'] } }],
      'file.made_executable',
      [{ a: 'x' }, { a: 'y' }, { modes: { a: ['100755', '100755'] } }],
    ],
    ['a binary file', [{}, { 'a.png': Buffer.from([0x89, 0, 1]) }], 'file.binary', [{}, { 'a.svg': '<svg/>' }]],
    [
      'generated code without its source',
      [{ 'a.ts': '// @generated by x\n1\n' }, { 'a.ts': '// @generated by x\n2\n' }],
      'file.generated',
      [
        { 'api.pb.go': '1\n', 'api.proto': 'a\n' },
        { 'api.pb.go': '2\n', 'api.proto': 'b\n' },
      ],
    ],
    [
      'a file too large to review',
      [{}, { 'a.json': 'x\n'.repeat(600_000) }],
      'file.too_large',
      [{}, { 'a.json': 'x\n'.repeat(100_000) }],
    ],
    ['a minified line', [{}, { 'a.js': 'x'.repeat(6_000) }], 'file.minified', [{}, { 'a.json': 'x'.repeat(6_000) }]],
    [
      'a name that differs by case alone',
      [{ 'src/App.ts': '' }, { 'src/App.ts': '', 'src/app.ts': '' }],
      'file.name_collision',
      [{ 'src/App.ts': '' }, { 'src/App.ts': '', 'src/app-view.ts': '' }],
    ],
    [
      'a folder that differs by case alone',
      [{ 'Lib/a.ts': '' }, { 'Lib/a.ts': '', 'lib/b.ts': '' }],
      'file.name_collision',
      [{ 'Lib/a.ts': '' }, { 'Lib/a.ts': '', 'Lib/b.ts': '' }],
    ],
    [
      'text that turns its direction',
      [{}, { 'a.ts': 'const a = "\u202e"\n' }],
      'file.invisible_character',
      [{}, { 'a.ts': 'const a = "עברית 👨‍👩‍👧 naïve"\n' }],
    ],
    ['tag characters', [{}, { 'a.md': 'hello\u{e0041}\n' }], 'file.invisible_character', [{}, { 'a.md': 'hello\n' }]],
    [
      'a backspace in code',
      [{}, { 'a.sh': 'rm -rf\b\b\n' }],
      'file.invisible_character',
      [{}, { 'a.sh': '\trm -rf\r\n' }],
    ],
  ]
  for (const [fact, caught, rule, honest] of cases)
    it(`${fact} fails, its honest neighbour passes`, async () => {
      expect(errors(await gate('special_files', ...caught))).toContain(rule)
      expect(errors(await gate('special_files', ...honest))).toEqual([])
    })

  it('what capture refused fails by name', async () => {
    const refused = [{ path: 'pipe', reason: 'is a fifo' }]
    expect(await gate('special_files', {}, {}, { refused })).toMatchObject({
      answer: 'fail',
      findings: [{ rule: 'file.refused', path: 'pipe' }],
    })
  })
})

const JS = `import { it, expect } from 'vitest'
it('adds', () => {
  expect(sum(1, 2)).toBe(3)
  expect(sum(0.1, 0.2)).toBeCloseTo(0.3, 5)
})
it('subtracts', () => {
  expect(sub(2, 1)).toEqual(1)
})
`
const PY = `import unittest
class TotalTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(total([1, 2]), 3)

    def test_empty(self):
        self.assertEqual(total([]), 0)
`
const JAVA = `class RetryTest {
  @Test
  void retries() {
    assertEquals(3, policy.attempts());
  }

  @Test
  void stops() {
    assertThrows(IllegalStateException.class, () -> policy.next());
  }
}
`

describe('test integrity', () => {
  const js = (from: string, to: string): readonly [Tree, Tree] => [
    { 'a.test.ts': JS },
    { 'a.test.ts': JS.replace(from, to) },
  ]
  const py = (from: string, to: string): readonly [Tree, Tree] => [
    { 'tests/test_a.py': PY },
    { 'tests/test_a.py': PY.replace(from, to) },
  ]
  const java = (from: string, to: string): readonly [Tree, Tree] => [
    { 'src/test/java/RetryTest.java': JAVA },
    { 'src/test/java/RetryTest.java': JAVA.replace(from, to) },
  ]
  const config = (path: string, from: string, to: string): readonly [Tree, Tree] => [{ [path]: from }, { [path]: to }]
  const manifest = (script: string) => `{\n  "scripts": {\n    "test": "${script}"\n  }\n}\n`

  const TAMPERED: readonly (readonly [fact: string, trees: readonly [Tree, Tree], rule: string])[] = [
    ['a deleted test file', [{ 'a.test.ts': JS }, {}], 'test.file_deleted'],
    ['a deleted python test', py(/ {4}def test_empty[\s\S]*/.exec(PY)?.[0] ?? '', ''), 'test.removed'],
    [
      'a test file renamed to where no runner looks',
      [{ 'a.test.ts': JS }, { 'a.disabled.ts': JS }],
      'test.renamed_away',
    ],
    ['an emptied test file', [{ 'a.test.ts': JS }, { 'a.test.ts': '' }], 'test.removed'],
    [
      'a commented-out test',
      js(
        "it('subtracts', () => {\n  expect(sub(2, 1)).toEqual(1)\n})",
        "// it('subtracts', () => {\n//  expect(sub(2, 1)).toEqual(1)\n// })",
      ),
      'test.removed',
    ],
    ['it.skip', js("it('adds'", "it.skip('adds'"), 'test.skipped'],
    ['xit', js("it('adds'", "xit('adds'"), 'test.skipped'],
    ['it.only', js("it('adds'", "it.only('adds'"), 'test.only'],
    ['a skip option', js("it('adds', () =>", "it('adds', { skip: true }, () =>"), 'test.skipped'],
    ['unittest.skip', py('    def test_adds', "    @unittest.skip('flaky')\n    def test_adds"), 'test.skipped'],
    ['xfail', py('    def test_adds', '    @pytest.mark.xfail\n    def test_adds'), 'test.skipped'],
    ['a python test renamed out of collection', py('def test_adds', 'def check_adds'), 'test.removed'],
    ['@Disabled', java('  @Test\n  void retries', '  @Disabled\n  @Test\n  void retries'), 'test.skipped'],
    ['an annotation taken away', java('  @Test\n  void retries', '  void retries'), 'test.removed'],
    ['an assertion removed', js('  expect(sum(1, 2)).toBe(3)\n', ''), 'test.assertion_removed'],
    [
      'a python assertion removed',
      py('        self.assertEqual(total([1, 2]), 3)\n', '        total([1, 2])\n'),
      'test.assertion_removed',
    ],
    ['a java assertion removed', java('    assertEquals(3, policy.attempts());\n', ''), 'test.assertion_removed'],
    ['toBe weakened to toBeTruthy', js('.toBe(3)', '.toBeTruthy()'), 'test.assertion_weakened'],
    [
      'assertEqual weakened to assertTrue',
      py('self.assertEqual(total([1, 2]), 3)', 'self.assertTrue(total([1, 2]))'),
      'test.assertion_weakened',
    ],
    [
      'assertEquals weakened to assertNotNull',
      java('assertEquals(3, policy.attempts())', 'assertNotNull(policy.attempts())'),
      'test.assertion_weakened',
    ],
    ['a wider tolerance', js('0.3, 5', '0.3, 1'), 'test.tolerance_widened'],
    ['a trivial assertion', js('expect(sum(1, 2)).toBe(3)', 'expect(true).toBe(true)'), 'test.trivial_assertion'],
    ['an early return', js("it('adds', () => {\n", "it('adds', () => {\n  return\n"), 'test.emptied'],
    ['process.exit(0)', js('import { it', 'process.exit(0)\nimport { it'), 'test.exit'],
    ['os._exit', py('import unittest', 'import unittest, os\nos._exit(0)'), 'test.exit'],
    [
      'a swallowed failure',
      js('  expect(sum(1, 2)).toBe(3)\n', '  try { expect(sum(1, 2)).toBe(3) } catch {}\n'),
      'test.swallowed_failure',
    ],
    [
      'dead code around a test',
      py(
        '        self.assertEqual(total([1, 2]), 3)',
        '        if False:\n            self.assertEqual(total([1, 2]), 3)',
      ),
      'test.dead_code',
    ],
    [
      '--passWithNoTests',
      config('package.json', manifest('vitest run'), manifest('vitest run --passWithNoTests')),
      'runner.no_tests_allowed',
    ],
    [
      '|| true',
      config('package.json', manifest('vitest run'), manifest('vitest run || true')),
      'runner.failure_ignored',
    ],
    [
      'another test script',
      config('package.json', manifest('vitest run'), manifest('echo ok')),
      'runner.script_changed',
    ],
    ['no test script', config('package.json', manifest('vitest run'), '{ "scripts": {} }\n'), 'runner.script_removed'],
    [
      'an excluded test file',
      config('vitest.config.ts', 'export default {}\n', "export default { test: { exclude: ['a.test.ts'] } }\n"),
      'runner.tests_skipped',
    ],
    [
      'a lowered threshold',
      config(
        'jest.config.js',
        'module.exports = { coverageThreshold: { global: {\n branches: 90,\n} } }\n',
        'module.exports = { coverageThreshold: { global: {\n branches: 10,\n} } }\n',
      ),
      'runner.threshold_lowered',
    ],
    [
      'skipped tests in a pom',
      config('pom.xml', '<project>\n</project>\n', '<project>\n<skipTests>true</skipTests>\n</project>\n'),
      'runner.tests_skipped',
    ],
    [
      'ignored failures in a pom',
      config(
        'pom.xml',
        '<project>\n</project>\n',
        '<project>\n<testFailureIgnore>true</testFailureIgnore>\n</project>\n',
      ),
      'runner.failure_ignored',
    ],
    [
      'a conftest hook',
      [{}, { 'conftest.py': 'def pytest_collection_modifyitems(items):\n    items.clear()\n' }],
      'test.runner_tampered',
    ],
    ['a deleted runner configuration', [{ 'pytest.ini': '[pytest]\n' }, {}], 'runner.configuration_deleted'],
    ['sitecustomize.py', [{}, { 'sitecustomize.py': 'import sys\n' }], 'test.runner_tampered'],
    [
      'code that knows it is tested',
      [{ 'a.ts': 'x\n' }, { 'a.ts': 'x\nif (process.env.VITEST) return 3\n' }],
      'source.detects_tests',
    ],
  ]
  for (const [fact, [before, after], rule] of TAMPERED)
    it(`${fact} fails`, async () => {
      const verdict = await gate('test_integrity', before, after)
      expect(errors(verdict), JSON.stringify(verdict.findings)).toContain(rule)
    })

  const HONEST: readonly (readonly [fact: string, trees: readonly [Tree, Tree]])[] = [
    ['a new test', js("it('subtracts'", "it('multiplies', () => {\n  expect(mul(2, 3)).toBe(6)\n})\nit('subtracts'")],
    [
      'a new python test',
      py(
        '    def test_empty',
        '    def test_one(self):\n        self.assertEqual(total([1]), 1)\n\n    def test_empty',
      ),
    ],
    [
      'a new java test',
      java(
        '  @Test\n  void stops',
        '  @Test\n  void waits() {\n    assertEquals(1, policy.delay());\n  }\n\n  @Test\n  void stops',
      ),
    ],
    ['a renamed test', js("it('adds'", "it('adds numbers'")],
    ['a changed expectation', js('.toBe(3)', '.toBe(4)')],
    ['a stronger assertion', js('.toEqual(1)', '.toStrictEqual(1)')],
    ['a test file moved with its tests', [{ 'a.test.ts': JS }, { 'math/sum.test.ts': JS }]],
    [
      'a test moved to another test file',
      [
        { 'a.test.ts': JS, 'b.test.ts': '' },
        { 'a.test.ts': JS.slice(0, JS.indexOf("it('subtracts'")), 'b.test.ts': JS.slice(JS.indexOf("it('subtracts'")) },
      ],
    ],
    [
      'tests made a table',
      js(
        '  expect(sum(1, 2)).toBe(3)\n  expect(sum(0.1, 0.2)).toBeCloseTo(0.3, 5)\n',
        '  for (const [a, b, c] of CASES) expect(sum(a, b)).toBeCloseTo(c, 5)\n',
      ),
    ],
    [
      'an import added',
      js("import { it, expect } from 'vitest'", "import { it, expect } from 'vitest'\nimport { sum } from './sum'"),
    ],
    [
      'a script added',
      config(
        'package.json',
        manifest('vitest run'),
        '{\n  "scripts": {\n    "test": "vitest run",\n    "lint": "oxlint"\n  }\n}\n',
      ),
    ],
    ['a flag that adds checks', config('package.json', manifest('vitest run'), manifest('vitest run --coverage'))],
    ['a raised threshold', config('jest.config.js', ' branches: 80,\n', ' branches: 90,\n')],
    [
      'a dependency in a pom',
      config(
        'pom.xml',
        '<project>\n</project>\n',
        '<project>\n<dependency><artifactId>x</artifactId></dependency>\n</project>\n',
      ),
    ],
    [
      'a fixture in conftest',
      [{}, { 'conftest.py': 'import pytest\n\n@pytest.fixture\ndef client():\n    return 1\n' }],
    ],
    ['process.exit in a program', [{ 'cli.ts': '' }, { 'cli.ts': 'process.exit(0)\n' }]],
    ['source that catches', [{ 'a.ts': '' }, { 'a.ts': 'try { x() } catch {}\n' }]],
    [
      'a new test file that says when it can run',
      [{}, { 'db.test.ts': "import { it } from 'vitest'\nit.skipIf(!docker)('x', () => { expect(1).toBe(one) })\n" }],
    ],
    ['formatting of a test', js('expect(sub(2, 1)).toEqual(1)', 'expect( sub( 2, 1 ) ).toEqual( 1 )')],
  ]
  for (const [fact, [before, after]] of HONEST)
    it(`${fact} passes`, async () => {
      const verdict = await gate('test_integrity', before, after)
      expect(errors(verdict), JSON.stringify(verdict.findings)).toEqual([])
    })

  it('a task whose criteria ask for the removal of a test may have it, with a warning', async () => {
    const criteria = ['The tests of the legacy adapter are removed.']
    const asked = await gate('test_integrity', { 'a.test.ts': JS }, {}, { criteria })
    expect(asked).toMatchObject({
      answer: 'pass',
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'test.removed', severity: 'warning' })]),
    })
    expect((await gate('test_integrity', { 'a.test.ts': JS }, {}, { criteria: ['The tests pass.'] })).answer).toBe(
      'fail',
    )
  })
})
