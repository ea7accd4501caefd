import { describe, expect, it } from 'vitest'
import { childOf, descendants, languageOf, MAX_SOURCE_CHARACTERS, SYNTAX_LANGUAGES, withTree } from './index.ts'

const FUNCTIONS: Readonly<
  Record<(typeof SYNTAX_LANGUAGES)[number], readonly [path: string, source: string, type: string]>
> = {
  typescript: ['a.ts', 'function f(x: number): number { return x }', 'function_declaration'],
  tsx: ['a.tsx', 'function F(): unknown { return <b>1</b> }', 'jsx_element'],
  javascript: ['a.mjs', 'function f() { return 1 }', 'function_declaration'],
  python: ['a.py', 'def f():\n    return 1\n', 'function_definition'],
  java: ['A.java', 'class A { int f() { return 1; } }', 'method_declaration'],
  go: ['a.go', 'package a\nfunc f() int { return 1 }\n', 'function_declaration'],
  rust: ['a.rs', 'fn f() -> u8 { 1 }', 'function_item'],
  ruby: ['a.rb', 'def f\n  1\nend\n', 'method'],
  csharp: ['A.cs', 'class A { int F() { return 1; } }', 'method_declaration'],
  cpp: ['a.hpp', 'int f() { return 1; }', 'function_definition'],
  php: ['a.php', '<?php function f() { return 1; }', 'function_definition'],
  bash: ['a.sh', 'f() { echo 1; }', 'function_definition'],
}

describe('syntax', () => {
  it.each(SYNTAX_LANGUAGES)('%s is known by its ending and read as a tree without errors', async (language) => {
    const [path, source, type] = FUNCTIONS[language]
    expect(languageOf(path)).toBe(language)
    const types = await withTree(language, source, (root) => {
      const nodes = [...descendants(root)]
      return { broken: nodes.some((node) => node.broken), types: nodes.map((node) => node.type), text: root.text }
    })
    expect(types).toMatchObject({ ok: true, value: { broken: false, text: source } })
    expect(types.ok && types.value.types).toContain(type)
  })

  it('other files have no language', () => {
    expect(['README.md', 'a.json', 'a.', 'constructor', 'a.constructor', ''].map(languageOf)).toEqual(
      Array(6).fill(undefined),
    )
  })

  it('a node tells its place, its field and its text, also after wide characters', async () => {
    const found = await withTree('python', "s = '🦆'\n\ndef test_a():\n    assert s == '🦆'\n", (root) => {
      const declared = [...descendants(root)].find((node) => node.type === 'function_definition')
      const name = declared === undefined ? undefined : childOf(declared, 'name')
      return {
        line: name?.line,
        text: name?.text,
        field: name?.field,
        last: declared?.end_line,
        up: declared?.parent === root,
      }
    })
    expect(found).toEqual({ ok: true, value: { line: 3, text: 'test_a', field: 'name', last: 4, up: true } })
  })

  it('a walk leaves out what it is told not to enter', async () => {
    const types = await withTree('javascript', 'f(() => g())', (root) =>
      [...descendants(root, (node) => node.type !== 'arrow_function')].map((node) => node.text),
    )
    expect(types.ok && types.value.includes('g()')).toBe(false)
    expect(types.ok && types.value.includes('() => g()')).toBe(true)
  })

  it('a text that does not parse is a tree with broken nodes', async () => {
    const broken = await withTree('java', 'class { ]]', (root) => [...descendants(root)].some((node) => node.broken))
    expect(broken).toEqual({ ok: true, value: true })
  })

  it('a text over the limit is refused, one at the limit is not', async () => {
    const fits = `//${'x'.repeat(MAX_SOURCE_CHARACTERS - 2)}`
    expect(await withTree('javascript', fits, (root) => root.end)).toEqual({ ok: true, value: MAX_SOURCE_CHARACTERS })
    expect(await withTree('javascript', `${fits}x`, () => 1)).toEqual({ ok: false, refusal: 'source_too_large' })
  })

  it('nesting without end is cut, so that a recursive walk ends', async () => {
    const depth = (node: { readonly children: readonly unknown[] }): number =>
      1 + Math.max(0, ...node.children.map((child) => depth(child as typeof node)))
    const found = await withTree('javascript', '['.repeat(20_000) + ']'.repeat(20_000), depth)
    expect(found.ok && found.value).toBeLessThan(500)
  })

  it('what the work throws is thrown on', async () => {
    const broken = withTree('go', 'package a', () => {
      throw new Error('planted')
    })
    await expect(broken).rejects.toThrow('planted')
  })
})
