import { describe, expect, it } from 'vitest'
import { checkTests } from './check-tests.ts'

type Texts = Readonly<Record<string, readonly [before: string, after: string]>>

/** Rules of the errors that a change raises. */
async function errorsOf(texts: Texts): Promise<readonly string[]> {
  const files = Object.entries(texts).map(([path, [before, after]]) => ({ path, before, after }))
  const found = await checkTests(files)
  return found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
}

const PRODUCT = { 'src/url.js': ['return /^a:/.test(u)\n', 'return /^a?/.test(u)\n'] } as const
const URL = "it('is false for a bare path', () => {\n  const u = make('//x')\n  expect(isAbsolute(u)).toBe(false)\n})\n"
const url = (after: string): Texts => ({ ...PRODUCT, 'url.test.js': [URL, after] })
const rust = (before: string, after: string): Texts => ({
  'src/lib.rs': ['pub fn total() -> u32 { 1 }\n', 'pub fn total() -> u32 { 2 }\n'],
  'tests/total.rs': [before, after],
})
const RUST = '#[test]\nfn adds() {\n    assert_eq!(total(1), 3);\n    assert!(total(2) > 1);\n}\n'
const PY =
  'def test_pager(monkeypatch):\n    monkeypatch.setattr(pager, "StringIO", make)\n    assert show("a") == "b"\n'
const python = (before: string, after: string): Texts => ({
  'src/pager.py': ['a = 1\n', 'a = 2\n'],
  'tests/test_pager.py': [before, after],
})
const HELP = [
  'Usage: prog [OPTIONS] <FILE>',
  'Arguments: the file that is to be read',
  'Options: --help prints this text',
]
const golden = (help: readonly string[]): string =>
  `def test_help():\n    assert show() == """\n${help.join('\n')}\n"""\n`
const ADDED = '  const long = make(another(value, of(many), words))\n  prepare(long)\n'

const PAIRS: readonly (readonly [fact: string, rule: string, blocked: Texts, allowed: Texts])[] = [
  [
    'a value that changes alone, and with the title',
    'test.expectation_changed',
    url(URL.replace('toBe(false)', 'toBe(true)')),
    url(URL.replace('toBe(false)', 'toBe(true)').replace('is false', 'is true')),
  ],
  [
    'a value that changes alone, and with what is handed over',
    'test.expectation_changed',
    url(URL.replace('toBe(false)', 'toBe(true)')),
    url(URL.replace('toBe(false)', 'toBe(true)').replace("'//x'", "'a://x'")),
  ],
  [
    'a value that changes alone, and under a remark that says why',
    'test.expectation_changed',
    url(URL.replace('toBe(false)', 'toBe(true)')),
    url(URL.replace('  expect', '  // Two slashes begin a host.\n  expect').replace('toBe(false)', 'toBe(true)')),
  ],
  [
    'a check turned round in a test that gained other lines, and a check of a test rewritten as a whole',
    'test.assertion_weakened',
    url(URL.replace('  const u', `${ADDED}  const u`).replace('toBe(false)', 'toBeDefined()')),
    url(
      URL.replace("const u = make('//x')", `${ADDED.trim()}; const v = read()`).replace(
        '(u)).toBe(false)',
        '(v)).toBeDefined()',
      ),
    ),
  ],
  [
    'one word of a short text, and a line of a printed page',
    'test.expectation_changed',
    python(PY, PY.replace('"b"', '"other"')),
    python(golden(HELP), golden(HELP.with(2, 'Options: --version prints this text'))),
  ],
  [
    'one number, and signs that change in the same way in two checks',
    'test.expectation_changed',
    rust(RUST, RUST.replace('3)', '4)')),
    rust(
      '#[test]\nfn a() { assert_eq!(s(1), "-o <a>"); }\n#[test]\nfn b() { assert_eq!(s(2), "-p <b>"); }\n',
      '#[test]\nfn a() { assert_eq!(s(1), "-o [a]"); }\n#[test]\nfn b() { assert_eq!(s(2), "-p [b]"); }\n',
    ),
  ],
  [
    'a test ignored, and one that a sanitizer cannot run',
    'test.skipped',
    rust(RUST, RUST.replace('#[test]', '#[test]\n#[ignore]')),
    rust(RUST, RUST.replace('#[test]', '#[test]\n#[cfg_attr(miri, ignore)]')),
  ],
  [
    'a test ignored wherever it is built for tests, and one of an optional feature',
    'test.skipped',
    rust(RUST, RUST.replace('#[test]', '#[test]\n#[cfg_attr(test, ignore)]')),
    rust(RUST, RUST.replace('#[test]', '#[test]\n#[cfg(feature = "env")]')),
  ],
  [
    'a skip where CI runs, and one on a platform with a version',
    'test.skipped',
    python(PY, `@pytest.mark.skipif(os.environ.get("CI"), reason="flaky")\n${PY}`),
    python(PY, `@pytest.mark.skipif(MAC and sys.version_info >= (3, 13), reason="flaky")\n${PY}`),
  ],
  [
    'a check taken out, and a panic that is expected no more',
    'test.assertion_removed',
    rust(RUST, RUST.replace('    assert_eq!(total(1), 3);\n', '')),
    rust(RUST.replace('#[test]', '#[test]\n#[should_panic]'), RUST),
  ],
  [
    'an only panic taken out, and its words mended',
    'test.assertion_removed',
    rust('#[test]\nfn a() {\n    run();\n    panic!("no taks");\n}\n', '#[test]\nfn a() {\n    run();\n}\n'),
    rust(
      '#[test]\nfn a() {\n    run();\n    panic!("no taks");\n}\n',
      '#[test]\nfn a() {\n    run();\n    panic!("no task");\n}\n',
    ),
  ],
  [
    'a stand-in that an old test is decorated with, and one of a new test',
    'test.mocked',
    python(PY, PY.replace('def test', '@patch("pager.show")\ndef test')),
    python(PY, `${PY}\n\n@patch("pager.show")\ndef test_other(show):\n    assert other() == "b"\n`),
  ],
  [
    'a new stand-in, and another one for what had one',
    'test.mocked',
    python(PY, PY.replace('    assert', '    monkeypatch.setattr(pager, "show", lambda a: "b")\n    assert')),
    python(PY, PY.replace('make)', 'lambda: stream)')),
  ],
]

describe('changes of test cases', () => {
  it.each(PAIRS)('%s', async (_, rule, blocked, allowed) => {
    expect(await errorsOf(blocked)).toContain(rule)
    expect(await errorsOf(allowed)).toEqual([])
  })

  it('a test deleted beside a new one that is like it is removed', async () => {
    const test = (name: string, call: string) =>
      `it('${name}', () => {\n  const u = make('//${call}')\n  expect(${call}).toBe('${call}')\n})\n`
    const before = test('a', 'f(u)') + test('b', 'g(u)') + test('c', 'h(u)')
    const after = test('b', 'g(u)') + test('c', 'h(u)') + test('d', 'k(u)')
    expect(await errorsOf({ 'a.test.js': [before, after] })).toContain('test.removed')
    const renamed = test('first', 'f(u)') + test('b', 'g(u)') + test('c', 'h(u)')
    expect(await errorsOf({ 'a.test.js': [before, renamed] })).toEqual([])
  })

  it('a check that new tests repeat is taken out, and one that a helper makes is not', async () => {
    const own = "test('a', () => {\n  const r = run('a')\n  expect(r.out).toBe('a')\n  expect(r.code).toBe(0)\n})\n"
    const added = "test('b', () => {\n  const r = make('b', 2)\n  expect(r.code).toBe(0)\n})\n"
    const less = own.replace('  expect(r.code).toBe(0)\n', '')
    expect(await errorsOf({ 'a.test.js': [own, less + added] })).toContain('test.assertion_removed')
    const helper = 'function good(r) {\n  expect(r.code).toBe(0)\n}\n'
    const called = own.replace('expect(r.code).toBe(0)', 'good(r)')
    expect(await errorsOf({ 'a.test.js': [own, helper + called + added] })).toEqual([])
  })

  it('a check turned round is no change that a word of the product speaks for', async () => {
    const test = (said: string) => `def test_a():\n    assert ${said}\n    assert size(1) == 3\n`
    const change = (after: string): Texts => ({
      'src/a.py': ['limit = 2\n', 'if not b:\n    limit = 3\n'],
      'tests/test_a.py': [test('ok in shown("limit")'), after],
    })
    expect(await errorsOf(change(test('not (ok in shown("limit"))')))).toContain('test.assertion_inverted')
    expect(await errorsOf(change(test('ok in shown("limit")').replace('== 3', '== 4')))).toContain(
      'test.expectation_changed',
    )
    const spoken = {
      ...change(test('ok in shown("limit")').replace('== 3', '== 2048')),
      'src/b.py': ['b = 1\n', 'b = 2048\n'] as const,
    }
    expect(await errorsOf(spoken)).toEqual([])
  })

  it('an error value in a stub of Go is no check', async () => {
    const stub = (said: string) =>
      `func TestA(t *testing.T) {\n\trun(func() error { return ${said} })\n\tassert.Equal(t, 1, total())\n}\n`
    expect(await errorsOf({ 'a_test.go': [stub('fmt.Errorf("no")'), stub('nil')] })).toEqual([])
    expect(await errorsOf({ 'a_test.go': [stub('nil'), stub('nil').replace(/\tassert.*\n/, '')] })).not.toEqual([])
  })

  it('a new test that counts to one can fail, and one that asserts what is true cannot', async () => {
    const test = (check: string) => `test('counts', t => {\n  ${check}\n})\n`
    const added = (check: string): Texts => ({ 'a.test.js': [URL, URL + test(check)] })
    expect(await errorsOf(added('t.assert.strictEqual(count, 1)'))).toEqual([])
    expect(await errorsOf(added('assert.ok(true)'))).toContain('test.cannot_fail')
  })

  it('a Maven exclusion takes tests out where the plugin runs tests only', async () => {
    const pom = (plugin: string, exclude: string) =>
      `<plugins>\n<plugin>\n<artifactId>${plugin}</artifactId>\n<configuration>\n${exclude}\n</configuration>\n</plugin>\n</plugins>\n`
    const change = (plugin: string): Texts => ({
      'pom.xml': [pom(plugin, '<excludes />'), pom(plugin, '<excludes>\n<exclude>a.B</exclude>\n</excludes>')],
    })
    expect(await errorsOf(change('maven-surefire-plugin'))).toContain('runner.tests_skipped')
    expect(await errorsOf(change('japicmp-maven-plugin'))).toEqual([])
  })
})
