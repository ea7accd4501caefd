import { describe, expect, it } from 'vitest'
import { readConstraints } from './read-constraints.ts'
import { exportedDeclarations } from './exported-declarations.ts'

it.each([
  ['Do not change the public API.', ['public_api']],
  ['Keep the exported functions as they are', ['public_api']],
  ["Don't modify the database schema or the configuration", ['schema', 'configuration']],
  ['No new dependencies', ['dependencies']],
  ['must not add any third-party libraries', ['dependencies']],
  ['The OpenAPI contract stays unchanged', ['schema']],
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
