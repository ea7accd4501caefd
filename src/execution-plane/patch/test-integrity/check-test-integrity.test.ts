import { describe, expect, it } from 'vitest'
import { errors, gate, type Tree } from '../../../../test/support/change-gates.ts'

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
    ['a deleted test file', [{ 'a.test.ts': JS }, {}], 'test.removed'],
    ['a deleted python test', py(/ {4}def test_empty[\s\S]*/.exec(PY)?.[0] ?? '', ''), 'test.removed'],
    ['a test file renamed to where no runner looks', [{ 'a.test.ts': JS }, { 'a.disabled.ts': JS }], 'test.removed'],
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
    ['xfail', py('    def test_adds', '    @pytest.mark.xfail\n    def test_adds'), 'test.expected_to_fail'],
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
    ['an expectation that nothing in the product speaks for', js('.toBe(3)', '.toBe(4)'), 'test.expectation_changed'],
    ['a check turned round', js('.toEqual(1)', '.not.toEqual(1)'), 'test.assertion_inverted'],
    ['a trivial assertion', js('expect(sum(1, 2)).toBe(3)', 'expect(true).toBe(true)'), 'test.trivial_assertion'],
    ['an early return', js("it('adds', () => {\n", "it('adds', () => {\n  return\n"), 'test.early_return'],
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
    [
      'an expectation that changes with what the product says',
      [
        { 'a.test.ts': JS, 'a.ts': 'export const start = 1\n' },
        { 'a.test.ts': JS.replace('.toBe(3)', '.toBe(42)'), 'a.ts': 'export const start = 42\n' },
      ],
    ],
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
