import { describe, expect, it } from 'vitest'
import { readConstraints } from './read-constraints.ts'
import { contentOf, type ChangedFile } from '../changed-file.ts'
import { exportedDeclarations } from './exported-declarations.ts'
import { compareApi } from './public-api.ts'

it.each([
  ['Do not change the public API.', ['public_api']],
  ['Keep the exported functions as they are', ['public_api']],
  ["Don't modify the database schema or the configuration", ['schema', 'configuration']],
  ['No new dependencies', ['dependencies']],
  ['must not add any third-party libraries', ['dependencies']],
  ['The OpenAPI contract stays unchanged', ['schema']],
  ['The public API must not be altered', ['public_api']],
  ['No breaking changes', ['public_api']],
  ['Function signatures stay the same', ['public_api']],
  ['Existing callers must remain compatible with it', ['public_api']],
  ['Refrain from touching db tables', ['schema']],
  ['The schema is off-limits', ['schema']],
  ['Without adding anything to package.json', ['dependencies']],
  ['keep: public_api', ['public_api']],
  ['no_new: dependencies', ['dependencies']],
  ['keep: anything', []],
  ['Exports are sorted by name', []],
  ['Callers get an error that names the file', []],
  ['no API calls in tests', []],
  ['The public API must return 404 for unknown ids', []],
  ['Write tests first', []],
] satisfies readonly (readonly [string, readonly string[]])[])('%s closes %j', (text, kept) =>
  expect(readConstraints([text]).map((each) => each.kept)).toEqual(kept),
)

it('words that leave room are not clear, and "no new" closes additions alone', () => {
  expect(readConstraints(['Avoid changing the public API if possible'])).toMatchObject([{ is_clear: false }])
  expect(readConstraints(['Do not add new dependencies; do not touch the schema'])).toMatchObject([
    { kept: 'dependencies', only_new: true, is_clear: true },
    { kept: 'schema', only_new: false, is_clear: true },
  ])
})

describe('what a source offers to others', () => {
  it.each([
    [
      'a.ts',
      'export function f(a: number): string { return "x" }\nfunction g() {}\nexport const c = (x: string): void => {}\nexport interface I { a: 1 }\nexport class K { m(a: number) {}; private p() {} }\nexport { g as h }\nexport default 1\n',
      ['f', 'c', 'I', 'K', 'K.m', 'h', 'default'],
    ],
    ['a.cjs', 'exports.a = 1\nmodule.exports = { b, c: d }\n', ['a', 'b', 'c']],
    [
      'a.py',
      'def f(a, b=1):\n    pass\ndef _g():\n    pass\nclass C:\n    def m(self): pass\n    def _p(self): pass\n',
      ['f', 'C', 'C.m'],
    ],
    [
      'A.java',
      'public class A { public int f(int a) { return a; } private void g() {} protected String s; }\nclass B { public void h() {} }',
      ['A', 'A.f(int)', 'A.s'],
    ],
    [
      'a.go',
      'package a\nfunc F(a int) int { return a }\nfunc g() {}\ntype T struct { A int; b int }\nfunc (t *T) M() {}\nconst C = 1\n',
      ['F', 'T', 'T.M', 'C'],
    ],
    [
      'a.rs',
      'pub fn f(a: u8) -> u8 { a }\nfn g() {}\npub(crate) fn h() {}\npub struct S { pub a: u8, b: u8 }\nimpl S { pub fn m(&self) {} fn p(&self) {} }\n',
      ['f', 'S', 'S::m'],
    ],
  ] satisfies readonly (readonly [string, string, readonly string[]])[])('%s', async (path, source, names) => {
    expect((await exportedDeclarations(path, source))?.map(({ name }) => name)).toEqual(names)
  })

  it('a body is no part of a declaration, its parameters are', async () => {
    const signature = async (source: string) => (await exportedDeclarations('a.ts', source))?.[0]?.signature
    expect(await signature('export function f(a: number) { return 1 }')).toBe(
      await signature('export function f(a: number) {\n  // why\n  return 2\n}'),
    )
    expect(await signature('export function f(a: number) {}')).not.toBe(
      await signature('export function f(a: string) {}'),
    )
    expect(await exportedDeclarations('a.md', '# x')).toBeUndefined()
  })
})

describe('what is not compared', () => {
  const file = (path: string, before: string, after: string): ChangedFile => ({
    change: {
      path,
      kind: 'modified',
      old_mode: '100644',
      new_mode: '100644',
      old_blob: null,
      new_blob: null,
      added_lines: 1,
      deleted_lines: 1,
    },
    before: contentOf(Buffer.from(before)),
    after: contentOf(Buffer.from(after)),
  })
  const filler = '// filler\n'.repeat(40)

  it('is named with its reason, and files whose changed lines declare something are read first', async () => {
    const files = [
      file('a.ts', `${filler}x = 1\n`, `${filler}x = 2\n`),
      file('b.ts', `${filler}export function f(): void {}\n`, filler),
      file('c.rb', 'def f\nend\n', 'def g\nend\n'),
      file('README.md', 'a', 'b'),
    ]
    const found = await compareApi(files, 1_000)
    expect(found.findings.map(({ rule, path }) => [rule, path])).toEqual([['api.removed', 'b.ts']])
    expect(found.not_read).toEqual([
      { path: 'c.rb', reason: 'no_reader' },
      { path: 'a.ts', reason: 'over_the_limit' },
    ])
  })

  it('is nothing where a constraint asks for all of it', async () => {
    const found = await compareApi([file('a.ts', `${filler}export const a = 1\n`, filler)], Number.POSITIVE_INFINITY)
    expect(found.not_read).toEqual([])
    expect(found.findings).toHaveLength(1)
  })
})
