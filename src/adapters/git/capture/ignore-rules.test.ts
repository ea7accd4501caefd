import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { isIgnored, readIgnoreRules } from './ignore-rules.ts'
import { wildmatch } from './wildmatch.ts'
import { startWork } from '../../../../test/support/machine-time.ts'

const folder = mkdtempSync(join(tmpdir(), 'gander-ignore-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
execFileSync('git', ['init', '-q', folder])

interface Case {
  readonly rules: string
  readonly paths: readonly string[]
}

/** What git says about paths that do not exist, so that only the rules count; each case has a folder of its own. */
function ignoredByGit(cases: readonly Case[]): ReadonlySet<string> {
  for (const [index, { rules }] of cases.entries()) {
    mkdirSync(join(folder, `case-${index}`))
    writeFileSync(join(folder, `case-${index}/.gitignore`), rules)
  }
  const asked = cases.flatMap(({ paths }, index) => paths.map((path) => `case-${index}/${path}`))
  const words = ['-c', 'core.excludesFile=/dev/null', 'check-ignore', '--no-index', '--stdin', '-z']
  const output = execFileSync('git', words, {
    cwd: folder,
    input: asked.join('\0'),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 16 * 1024 ** 2,
  })
  return new Set(output.split('\0').filter((path) => path !== ''))
}

/** The same by our rules, with the folders above asked first, as the walk does. */
function ignoredByUs(text: string, path: string): boolean {
  const rules = readIgnoreRules(text, '', null)
  const parts = path.split('/')
  return parts.some((_, index) => isIgnored(rules, parts.slice(0, index + 1).join('/'), index < parts.length - 1))
}

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  'x.y',
  '*',
  '**',
  '?',
  '[ab]',
  '[!a]',
  '[a-c]',
  '\\*',
  '\\a',
  '[[:alpha:]]',
  '[]a]',
  '[^]-a]',
  'A',
  '.',
)
const pattern = fc
  .tuple(
    fc.constantFrom('', '!', '/', '!/', '#', '\\!'),
    fc.array(fc.oneof(piece, fc.constant('/')), { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '/', ' ', '\\ ', '/**', '\r'),
  )
  .map(([start, pieces, end]) => start + pieces.join('') + end)
const component = fc
  .constantFrom('a', 'b', 'ab', 'aab', 'x.y', 'c', '*', 'A', '!a', 'a ', '.', '-')
  .filter((name) => name !== '.')
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))

const example = fc.record({
  rules: fc.array(pattern, { minLength: 1, maxLength: 4 }).map((patterns) => `${patterns.join('\n')}\n`),
  paths: fc.uniqueArray(path, { minLength: 5, maxLength: 40 }),
})

test('generated rules ignore exactly the paths that git ignores', () => {
  const cases = fc.sample(example, 400)
  const byGit = ignoredByGit(cases)
  expect(byGit.size).toBeGreaterThan(0)
  for (const [index, { rules, paths }] of cases.entries())
    for (const one of paths)
      expect([rules, one, ignoredByUs(rules, one)]).toEqual([rules, one, byGit.has(`case-${index}/${one}`)])
}, 60_000)

test.each([
  ['build/', 'build/x', true],
  ['build/', 'build', false],
  ['/only', 'deep/only', false],
  ['doc/*.txt', 'doc/sub/a.txt', false],
  ['doc/**/*.txt', 'doc/sub/a.txt', true],
  ['foo/*\n!foo/keep', 'foo/keep', false],
  ['foo\n!foo/keep', 'foo/keep', true],
  ['*.py[co]', 'a/b.pyc', true],
  ['trailing   ', 'trailing', true],
  ['\u00ef\u00bb\u00bfbom', 'bom', true],
  ['[unclosed', '[unclosed', false],
  ['a**/ab', 'aab', true],
  ['**/a', '!a/b', false],
])('%j and %j: ignored is %s', (rules, one, expected) => {
  expect(ignoredByUs(rules, one)).toBe(expected)
})

test('a hostile pattern costs its length times the length of the path', () => {
  const worked = startWork()
  const matches = wildmatch(`${'**/a*'.repeat(60)}b`)
  expect(matches?.(`${'a/'.repeat(100)}${'a'.repeat(200)}c`)).toBe(false)
  expect(wildmatch('*a'.repeat(100))?.('a'.repeat(255))).toBe(true)
  expect(worked()).toBeLessThan(1000)
})
