import { describe, expect, it } from 'vitest'
import { errors, gate, type Tree } from '../support/change-gates.ts'

const PYTEST = 'def test_total():\n    assert total([1, 2]) == 3\n    assert rate(3) == approx(0.1, abs=0.01)\n'
const JS = "it('adds', () => {\n  expect(sum(1, 2)).toBe(3)\n})\n"
const MANIFEST = '{\n  "scripts": { "test": "vitest run" }\n}\n'
const WORKFLOW = 'jobs:\n  test:\n    steps:\n      - run: npm test\n'
const python = (after: string): readonly [Tree, Tree] => [{ 'tests/test_a.py': PYTEST }, { 'tests/test_a.py': after }]
const javascript = (after: string): readonly [Tree, Tree] => [{ 'a.test.ts': JS }, { 'a.test.ts': after }]
const beside = (path: string, before: string | undefined, after: string): readonly [Tree, Tree] => [
  { 'a.test.ts': JS, ...(before === undefined ? {} : { [path]: before }) },
  { 'a.test.ts': JS, [path]: after },
]

const BLOCKED: readonly (readonly [fact: string, trees: readonly [Tree, Tree]])[] = [
  ['TI-02: a value that becomes a truth', javascript(JS.replace('toBe(3)', 'toBeTruthy()'))],
  ['TI-02: a tolerance that grows', python(PYTEST.replace('abs=0.01', 'abs=10'))],
  ['TI-02: a check that is caught', javascript(JS.replace(/ {2}(expect.*)/, '  try { $1 } catch {}'))],
  ['TI-02: a check taken out', python(PYTEST.replace('    assert total([1, 2]) == 3\n', ''))],
  [
    'TI-02: a recorded value nobody printed',
    beside('__snapshots__/a.snap', 'exports[`a`] = `eight`\n', 'exports[`a`] = `seven`\n'),
  ],
  [
    'TI-03: a hook that empties the collection',
    beside('conftest.py', undefined, 'def pytest_collection_modifyitems(items):\n    items.clear()\n'),
  ],
  ['TI-03: an exit code set at the end', javascript(`${JS}process.on('exit', () => { process.exitCode = 0 })\n`)],
  ['TI-03: a module Python loads before tests', beside('sitecustomize.py', undefined, 'import os\n')],
  [
    'TI-05: a test script that tests nothing',
    beside('package.json', MANIFEST, MANIFEST.replace('vitest run', 'echo ok')),
  ],
  [
    'TI-05: a failure that CI goes on from',
    beside('.github/workflows/ci.yml', WORKFLOW, `${WORKFLOW}        continue-on-error: true\n`),
  ],
  [
    'TI-05: a step of CI taken out',
    beside('.github/workflows/ci.yml', WORKFLOW, WORKFLOW.replace('npm test', 'echo done')),
  ],
  [
    'TI-05: a threshold lowered',
    beside('vitest.config.ts', 'export default { branches: 90 }\n', 'export default { branches: 9 }\n'),
  ],
  [
    'TI-05: strictness turned off',
    beside('tsconfig.json', '{ "compilerOptions": {} }\n', '{ "compilerOptions": { "strict": false } }\n'),
  ],
  ['TI-08: tests moved to where no runner looks', [{ 'a.test.ts': JS }, { 'attic/a.txt': JS }]],
]
const ALLOWED: readonly (readonly [fact: string, trees: readonly [Tree, Tree]])[] = [
  [
    'TI-02: a stronger check',
    javascript(JS.replace('toBe(3)', 'toStrictEqual(3)').replace('})', '  expect(sum(2, 2)).toBe(4)\n})')),
  ],
  ['TI-02: a tolerance that shrinks', python(PYTEST.replace('abs=0.01', 'abs=0.001'))],
  [
    'TI-02: a check that says why it failed',
    javascript(JS.replace(/ {2}(expect.*)/, '  try { $1 } catch (error) { throw error }')),
  ],
  [
    'TI-02: a recorded value the product says',
    [
      { '__snapshots__/a.snap': 'exports[`a`] = `eight`\n', 'a.ts': "export const a = 'eight'\n" },
      { '__snapshots__/a.snap': 'exports[`a`] = `seven`\n', 'a.ts': "export const a = 'seven'\n" },
    ],
  ],
  [
    'TI-03: a fixture',
    beside('conftest.py', undefined, 'import pytest\n\n@pytest.fixture\ndef client():\n    return 1\n'),
  ],
  ['TI-03: a program that exits', beside('cli.ts', '', 'process.exit(0)\n')],
  [
    'TI-05: a script that checks more',
    beside('package.json', MANIFEST, MANIFEST.replace('vitest run', 'vitest run --coverage')),
  ],
  [
    'TI-05: a further step of CI',
    beside('.github/workflows/ci.yml', WORKFLOW, `${WORKFLOW}      - run: npm run lint\n`),
  ],
  [
    'TI-05: a threshold raised',
    beside('vitest.config.ts', 'export default { branches: 90 }\n', 'export default { branches: 95 }\n'),
  ],
  ['TI-08: tests moved beside their source', [{ 'a.test.ts': JS }, { 'src/a.test.ts': JS }]],
]

describe('test integrity without running code', () => {
  it.each(BLOCKED)('%s is blocked', async (_, [before, after]) => {
    const verdict = await gate('test_integrity', before, after)
    expect(errors(verdict), JSON.stringify(verdict.findings)).not.toEqual([])
  })

  it.each(ALLOWED)('%s is still allowed', async (_, [before, after]) => {
    expect(errors(await gate('test_integrity', before, after))).toEqual([])
  })
})
