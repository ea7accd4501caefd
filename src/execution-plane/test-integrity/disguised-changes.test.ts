import { describe, expect, it } from 'vitest'
import { checkTests } from './check-tests.ts'

type Texts = Readonly<Record<string, readonly [before: string, after: string]>>

/** Rules of the errors that a change raises. */
async function errorsOf(texts: Texts): Promise<readonly string[]> {
  const found = await checkTests(Object.entries(texts).map(([path, [before, after]]) => ({ path, before, after })))
  return found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
}

const PY =
  'def test_first():\n    request = build("https://example.org/a")\n    assert "auth" not in request.headers\n    assert request.path == "/first"\n'
const NEW =
  '\n\ndef test_second():\n    request = build("https://example.org/a")\n    assert "auth" not in request.headers\n    assert request.path == "/first"\n    assert request.size == 3\n'
const OTHER =
  'def test_sizes(folder):\n    for name in NAMES:\n        write(folder / name)\n    client = connect("https://example.org/a", retries=3)\n    client.close()\n    assert [one.path for one in client.log if one] == ["/first"]\n'
const JS = "it('asks', () => {\n  ask().then(function (reply) {\n    expect(reply.url).toBe('/a')\n  })\n})\n"
const python = (after: string, before = PY): Texts => ({
  'src/a.py': ['a = 1\n', 'a = 2\n'],
  'tests/test_a.py': [before, after],
})
const javascript = (after: string): Texts => ({ 'src/a.js': ['a = 1\n', 'a = 2\n'], 'a.test.js': [JS, after] })
const ini = (after: string): Texts => ({
  'pyproject.toml': ['[tool.pytest.ini_options]\n', `[tool.pytest.ini_options]\n${after}\n`],
})

const PAIRS: readonly (readonly [fact: string, rule: string, blocked: Texts, allowed: Texts])[] = [
  [
    'a check that is compared with itself, and with a name',
    'test.trivial_assertion',
    javascript(JS.replace("'/a'", 'reply.url')),
    javascript(JS.replace("'/a'", 'A.url')),
  ],
  [
    'a call that is handed one value twice, and two values',
    'test.trivial_assertion',
    found('assert.strictEqual(found.a.b, found.a.b)'),
    found('assert.strictEqual(found.a.b, other.a.b)'),
  ],
  [
    'a check that became nothing while a new test repeats it, and one that is only repeated',
    'test.assertion_removed',
    python(`${PY.replace('assert "auth" not in request.headers', 'pass')}${NEW}`),
    python(`${PY}${NEW}`),
  ],
  [
    'a test that is gone while a new one says its values, and one whose values are rows',
    'test.removed',
    python(OTHER),
    python(
      '@pytest.mark.parametrize("url,path", [("https://example.org/a", "/first"), ("https://example.org/b", "/b")])\ndef test_paths(url, path):\n    assert build(url).path == path\n',
    ),
  ],
  [
    'a test under a name that no runner finds, and under another that one finds',
    'test.removed',
    python(PY.replace('test_first', 'check_first')),
    python(PY.replace('test_first', 'test_at_first')),
  ],
  [
    'a callback left before its check where a variable is unset, and behind it',
    'test.early_return',
    javascript(JS.replace('    expect', '    if (!process.env.READY) return\n    expect')),
    javascript(JS.replace("('/a')\n", "('/a')\n    if (!process.env.READY) return\n")),
  ],
  [
    'a tolerance that grows in its constant, and one that shrinks',
    'test.tolerance_widened',
    python(`MAX_DELTA = 0.5\n${PY}`, `MAX_DELTA = 0.1\n${PY}`),
    python(`MAX_DELTA = 0.05\n${PY}`, `MAX_DELTA = 0.1\n${PY}`),
  ],
  [
    'a test taken out by an option of the runner, and a report asked for',
    'runner.tests_skipped',
    ini('addopts = "--deselect tests/test_a.py"'),
    ini('addopts = "-rxXs"'),
  ],
]

function found(check: string): Texts {
  const text = (said: string) => `it('finds', () => {\n  ${said}\n})\n`
  return { 'a.test.js': [text("assert.strictEqual(found.a.b, 'b')"), text(check)] }
}

describe('tampering that is spelled differently', () => {
  it.each(PAIRS)('%s', async (_, rule, blocked, allowed) => {
    expect(await errorsOf(blocked)).toContain(rule)
    expect(await errorsOf(allowed)).toEqual([])
  })
})
