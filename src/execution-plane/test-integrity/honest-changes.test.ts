import { describe, expect, it } from 'vitest'
import { checkTests } from './check-tests.ts'

type Texts = Readonly<Record<string, readonly [before: string | undefined, after: string | undefined]>>

/** Rules of the errors that a change raises. */
async function errorsOf(texts: Texts): Promise<readonly string[]> {
  const found = await checkTests(Object.entries(texts).map(([path, [before, after]]) => ({ path, before, after })))
  return found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
}

const ADDS = 'def test_adds():\n    assert total([1, 2]) == 3\n'
const STALE = 'def test_stale():\n    assert read(cache, "by_mtime_only") is None\n'
const product = (before: string, after: string) => ({ 'src/total.py': [before, after] }) as const
const tests = (before: string, after: string) => ({ 'tests/test_total.py': [before, after] }) as const
const CHANGED = product('def read(a):\n    return a\n', 'def read(a, b):\n    return b\n')
const DROPPED = product(
  'def read(a):\n    return a.by_mtime_only\n\n\nx = 1\n',
  'def read(a):\n    return a.hashed\n\n\nx = 1\n',
)
const NAMED =
  '@pytest.mark.parametrize(("name", "size"), [("a", 1), ("b", 2), ("c", 3)])\ndef test_sizes(name, size):\n    assert measure(name) == size\n'
const SUMS =
  'def test_total_sum():\n    frame = load(PATH).sorted(by=DATE)\n    for row in frame:\n        assert row.before <= row.now\n'
const TABLE =
  '@pytest.mark.parametrize("way", ["sum", "product"])\ndef test_total_of(way):\n    assert getattr(build(3), way)() == KNOWN[way]\n'
const RUST = (test: string, value: number) =>
  `pub fn total() -> u32 { ${value} }\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(total(), 1);\n    }\n${test}}\n`
const BOUND = '    #[test]\n    fn bounded() {\n        assert!(total() < BOUND_OF_ALL);\n    }\n'
const JS = (size: number, text: string) =>
  `it('splits', () => {\n  const found = parts('a;b;c')\n  expect(found.length).toBe(${size})\n  expect(found.join()).toBe('${text}')\n})\n`
const SPLITTER = { 'src/parts.js': ["const END = 'gamma'\n", "const END = ';'\n"] } as const
const QUOTED = (text: string) => `it('prints', () => {\n  expect(show(version)).toBe('${text}')\n})\n`
const JAVA = (body: string) =>
  `class ReadTest {\n  @Test\n  public void readsNull() throws Exception {\n    String json = "{}";\n${body}  }\n}\n`
const FAILS =
  '    try {\n      mapper.read(json);\n      fail("no");\n    } catch (ReadException e) {\n      verify(e, "null");\n    }\n'
const COVERED = (list: string, test = '') =>
  `export default {\n  test: {\n    ${test}coverage: {\n      include: ["src/**"],\n      exclude: ${list},\n    },\n  },\n}\n`
const CI = (step: string) => `jobs:\n  a:\n    steps:\n      - name: all\n        run: ${step}\n`

const PAIRS: readonly (readonly [fact: string, rule: string, blocked: Texts, allowed: Texts])[] = [
  [
    'a test deleted beside any change, and with a word that nothing says any more',
    'test.removed',
    { ...CHANGED, ...tests(`${ADDS}\n\n${STALE}`, ADDS) },
    { ...DROPPED, ...tests(`${ADDS}\n\n${STALE}`, ADDS) },
  ],
  [
    'a test deleted where another still says the word, and where none does',
    'test.removed',
    { ...DROPPED, ...tests(`${ADDS}\n\n${STALE}`, `${ADDS}    assert by_mtime_only\n`) },
    { ...DROPPED, ...tests(`${ADDS}\n\n${STALE}`, `${ADDS}    assert hashed\n`) },
  ],
  [
    'a test deleted beside a new table, and one that became a row of it',
    'test.removed',
    { ...CHANGED, ...tests(`${ADDS}\n\n${SUMS}`, `${ADDS}\n\n${TABLE.replaceAll('"sum"', '"mean"')}`) },
    { ...CHANGED, ...tests(`${ADDS}\n\n${SUMS}`, `${ADDS}\n\n${TABLE}`) },
  ],
  [
    'a test of a source file deleted with its own words only, and with the constant it names',
    'test.removed',
    { 'src/lib.rs': [RUST(BOUND, 1), RUST('', 2)] },
    { 'src/lib.rs': [`const BOUND_OF_ALL: u32 = 9;\n${RUST(BOUND, 1)}`, RUST('', 1)] },
  ],
  [
    'a count that changes alone, and beside a text that the product lost a word of',
    'test.expectation_changed',
    { ...SPLITTER, 'src/parts.test.js': [JS(3, 'alpha,beta,gamma'), JS(2, 'alpha,beta,gamma')] },
    { ...SPLITTER, 'src/parts.test.js': [JS(3, 'alpha,beta,gamma'), JS(2, 'alpha,beta')] },
  ],
  [
    'a text of other words, and one of the same words quoted',
    'test.expectation_changed',
    { ...SPLITTER, 'src/a.test.js': [QUOTED('json; version=2'), QUOTED('json; version=3')] },
    { ...SPLITTER, 'src/a.test.js': [QUOTED('json; version=2'), QUOTED('json; version="2"')] },
  ],
  [
    'a failure that is asked for no more, and a value asked for in its place',
    'test.assertion_removed',
    { 'src/test/ReadTest.java': [JAVA(FAILS), JAVA('    mapper.read(json);\n')] },
    { 'src/test/ReadTest.java': [JAVA(FAILS), JAVA('    assertNull(mapper.read(json));\n')] },
  ],
  [
    'a tolerance raised, and another place in what is compared',
    'test.tolerance_widened',
    {
      'src/test/ReadTest.java': [
        JAVA('    assertEquals(1.0, rate(2), 0.1);\n'),
        JAVA('    assertEquals(1.0, rate(2), 0.9);\n'),
      ],
    },
    {
      'src/test/ReadTest.java': [
        JAVA('    assertEquals(1, rate(2), row.get(3));\n    // 4\n'),
        JAVA('    // The second column is new.\n    assertEquals(1, rate(2), row.get(4));\n    // 4\n'),
      ],
      ...CHANGED,
    },
  ],
  [
    'a check taken out, and one that a helper beside the tests makes now',
    'test.assertion_removed',
    { ...CHANGED, ...tests(ADDS.replace('    assert', '    ready()\n    assert'), 'def test_adds():\n    ready()\n') },
    {
      ...CHANGED,
      ...tests(ADDS, 'def adds_up():\n    assert total([1, 2]) == 3\n\n\ndef test_adds():\n    adds_up()\n'),
    },
  ],
  [
    'a row taken out, and names of parameters that change',
    'test.row_removed',
    tests(NAMED, NAMED.replace('("b", 2), ', '')),
    tests(NAMED, NAMED.replace('"size"', '"count", "more"')),
  ],
  [
    'a test skipped, and a new one that does not run yet',
    'test.skipped',
    { 'a.test.ts': [QUOTED('json'), QUOTED('json').replace('it(', 'it.skip(')] },
    { 'a.test.ts': [QUOTED('json'), `${QUOTED('json')}${QUOTED('xml').replace("it('prints'", "it.todo('later'")}`] },
  ],
  [
    'tests excluded, and types excluded from what is measured',
    'runner.tests_skipped',
    { 'vitest.config.ts': [COVERED('["a"]'), COVERED('["a"]', 'exclude: ["src/b.test.ts"],\n    ')] },
    { 'vitest.config.ts': [COVERED('["a"]'), COVERED('["a", "types/**"]')] },
  ],
  [
    'a step of CI that prints, and one that runs the tests under another name',
    'runner.step_removed',
    { '.github/workflows/ci.yml': [CI('npm run coverage'), CI('echo done')] },
    { '.github/workflows/ci.yml': [CI('npm run coverage'), CI('npm run test:coverage')] },
  ],
  [
    'a row taken out, and one of what the product does no more',
    'test.row_removed',
    { ...CHANGED, ...tests(TABLE.replace('"sum", ', '"sum", "by_mtime_only", '), TABLE) },
    { ...DROPPED, ...tests(TABLE.replace('"sum", ', '"sum", "by_mtime_only", '), TABLE) },
  ],
]

describe('what speaks for a change of tests', () => {
  it.each(PAIRS)('%s', async (_, rule, blocked, allowed) => {
    expect(await errorsOf(blocked)).toContain(rule)
    expect(await errorsOf(allowed)).toEqual([])
  })

  it('a test whose name goes on where it stood is the same test, rewritten', async () => {
    const before = `it('first', () => {\n  expect(a).toBe(1)\n})\nit('handles cdata', () => {\n  const doc = parse('<![CDATA[x]]>')\n  expect(doc.text()).toBe('x')\n})\n`
    const after = before
      .replace('handles cdata', 'handles cdata as a bogus comment')
      .replace("expect(doc.text()).toBe('x')", "expect(doc.first().type).toBe('comment')\n  expect(errors).toEqual([])")
    const other = after
      .replace('handles cdata as a bogus comment', 'closes what is open')
      .replace(
        / {2}const doc[\s\S]*/,
        '  for (const one of list) one.open().then(shut, shout)\n  while (more) step(more)\n  expect(list.every(isShut)).toBe(yes)\n})\n',
      )
    expect(await errorsOf({ ...CHANGED, 'a.test.js': [before, after] })).toEqual([])
    expect(await errorsOf({ ...CHANGED, 'a.test.js': [before, other] })).toContain('test.removed')
  })
})
