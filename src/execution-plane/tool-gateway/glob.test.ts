import { describe, expect, it } from 'vitest'
import { compileGlob } from './glob.ts'
import { startWork } from '../../../test/support/machine-time.ts'

const matches = (glob: string, path: string) => {
  const compiled = compileGlob(glob)
  return compiled.ok && compiled.value(path)
}

describe('globs of a model', () => {
  it.each([
    ['*.ts', 'a.ts'],
    ['*.ts', 'src/deep/a.ts'],
    ['src/*.ts', 'src/a.ts'],
    ['src/**', 'src/a/b/c'],
    ['src/**/*.py', 'src/x.py'],
    ['src/**/*.py', 'src/a/b/x.py'],
    ['**/test/*', 'a/b/test/x'],
    ['**/test/*', 'test/x'],
    ['{src,lib}/*.{ts,js}', 'lib/a.js'],
    ['a?c', 'abc'],
    ['[a-c]x', 'bx'],
    ['[!a]x', 'bx'],
    ['./src/*', 'src/a'],
    ['.*', '.gitignore'],
    ['a*b*c', 'aXbYbZc'],
    ['*ü*', 'xüy'],
    ['?', '😀'],
  ])('%s matches %s', (glob, path) => expect(matches(glob, path)).toBe(true))

  it.each([
    ['src/*.ts', 'src/deep/a.ts'],
    ['src/*.ts', 'lib/src/a.ts'],
    ['*.ts', 'a.tsx'],
    ['src/**/*.py', 'lib/x.py'],
    ['[!a]x', 'ax'],
    ['a.c', 'abc'],
    ['src', 'srcx'],
  ])('%s does not match %s', (glob, path) => expect(matches(glob, path)).toBe(false))

  it('a glob that is not in order is refused', () => {
    expect(compileGlob('[abc')).toMatchObject({ ok: false })
    expect(compileGlob('[z-a]')).toMatchObject({ ok: false })
    expect(compileGlob('{a,b}'.repeat(10))).toMatchObject({ ok: false })
  })

  it('a glob made to backtrack takes no longer than any other', () => {
    const worked = startWork()
    expect(matches(`${'*a'.repeat(60)}*b`, 'a'.repeat(250))).toBe(false)
    expect(matches(`${'**/a/'.repeat(60)}b`, 'a/'.repeat(1000))).toBe(false)
    expect(worked()).toBeLessThan(500)
  })
})
