import { describe, expect, it } from 'vitest'
import { chooseMutants, findMutants, MUTATED_LANGUAGES, mutated } from './index.ts'
import { withTree, languageOf, descendants } from '#syntax'

const SOURCES: Readonly<Record<string, readonly [source: string, operators: readonly string[]]>> = {
  'a.js': [
    'import x from "1"\nexport function f(a, b) {\n  if (a < b && a === 1) { save(a) }\n  console.log(2)\n  return a + b\n}\nexport const on = true\n',
    [
      'boundary',
      'equality',
      'logical',
      'negate_condition',
      'remove_statement',
      'arithmetic',
      'return_constant',
      'boolean',
      'off_by_one',
    ],
  ],
  'a.ts': [
    'export const f = (a: number): boolean => (a >= 3 ? false : a !== 4)\n',
    ['boundary', 'boolean', 'equality', 'negate_condition', 'off_by_one'],
  ],
  'a.tsx': [
    'export function F(p: { n: number }) {\n  return p.n > 0 ? <b>{p.n - 1}</b> : null\n}\n',
    ['boundary', 'arithmetic', 'return_constant', 'negate_condition', 'off_by_one'],
  ],
  'a.py': [
    '"""Says 1."""\ndef f(a, b):\n    """Doc."""\n    if a < b and b:\n        save(a)\n    total = a * b\n    total += 2\n    return total\nON = True\n',
    [
      'boundary',
      'logical',
      'negate_condition',
      'remove_statement',
      'arithmetic',
      'return_constant',
      'boolean',
      'off_by_one',
    ],
  ],
  'A.java': [
    'class A {\n  int f(int a) {\n    if (a <= 2) { save(a); }\n    return a + 1;\n  }\n  boolean g() { return true; }\n}\n',
    ['boundary', 'negate_condition', 'remove_statement', 'arithmetic', 'return_constant', 'boolean', 'off_by_one'],
  ],
  'a.go': [
    'package a\n\nfunc F(a, b int) int {\n\tif a > b || a == 1 {\n\t\tsave(a)\n\t}\n\treturn a - b\n}\n',
    [
      'boundary',
      'equality',
      'logical',
      'negate_condition',
      'remove_statement',
      'arithmetic',
      'return_constant',
      'off_by_one',
    ],
  ],
  'a.rs': [
    'pub fn f(a: i32, b: i32) -> i32 {\n    if a < b { save(a); }\n    a * b + 1\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { assert_eq!(super::f(7, 8), 57); }\n}\n',
    ['boundary', 'negate_condition', 'remove_statement', 'arithmetic', 'off_by_one'],
  ],
}

describe('mutants', () => {
  it.each(Object.keys(SOURCES))('%s has mutants of its operators, and each of them parses', async (path) => {
    const [source, operators] = SOURCES[path] ?? ['', []]
    const found = await findMutants(path, source)
    expect([...new Set(found.map(({ operator }) => operator))].sort()).toEqual([...operators].sort())
    const language = languageOf(path)
    for (const mutant of found) {
      const text = mutated(source, mutant)
      expect(text).not.toBe(source)
      expect(source.split('\n')[mutant.line - 1]).toContain(mutant.before.split('\n')[0])
      const broken =
        language === undefined ||
        (await withTree(language, text, (root) => [...descendants(root)].some((node) => node.broken)))
      expect([mutant, broken]).toEqual([mutant, { ok: true, value: false }])
    }
  })

  it('every language that is named has an example here', () => {
    expect(new Set(Object.keys(SOURCES).map((path) => languageOf(path)))).toEqual(new Set(MUTATED_LANGUAGES))
  })

  it('imports, logging, documentation and the tests beside Rust code are left alone', async () => {
    const lines = async (path: string) => (await findMutants(path, SOURCES[path]?.[0] ?? '')).map(({ line }) => line)
    expect(await lines('a.js')).not.toContain(1)
    expect(await lines('a.js')).not.toContain(4)
    expect(await lines('a.py')).not.toContain(3)
    expect(Math.max(...(await lines('a.rs')))).toBeLessThan(5)
  })

  it('a text that does not parse, a language without operators and binary have none', async () => {
    expect(await findMutants('a.js', 'if (a < { 1')).toEqual([])
    expect(await findMutants('a.rb', 'a = 1 < 2')).toEqual([])
    expect(await findMutants('a.png', '\0\0')).toEqual([])
  })

  it('the same seed chooses the same, changed lines come first and lines take turns', async () => {
    const source = Array.from({ length: 20 }, (_, at) => `export const f${at} = (a) => a < ${at} && a > 1`).join('\n')
    const all = await findMutants('a.js', source)
    const choose = (seed: string) =>
      chooseMutants(all, { seed, most: 6, isChanged: (_, line) => line === 3 || line === 5 })
    expect(choose('one')).toEqual(choose('one'))
    expect(choose('one')).not.toEqual(choose('other'))
    expect(choose('one').filter(({ line }) => line === 3 || line === 5)).toHaveLength(6)
    const spread = chooseMutants(all, { seed: 'x', most: 6, isChanged: () => false })
    expect(new Set(spread.map(({ line }) => line)).size).toBe(6)
    expect(chooseMutants([], { seed: 'x', most: 6, isChanged: () => true })).toEqual([])
  })
})
