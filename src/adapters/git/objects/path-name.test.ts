import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDotGit, nameBytes, nameDefect, shownName } from './path-name.ts'

test('every sequence of bytes is shown as text that leads back to it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (raw) => {
      const bytes = Buffer.from(raw).toString('latin1')
      expect(nameBytes(shownName(bytes))).toBe(bytes)
    }),
    { numRuns: 2000 },
  )
})

test('plain names are shown as they are, others as git quotes them', () => {
  expect(shownName('src/a b.ts')).toBe('src/a b.ts')
  expect(shownName(Buffer.from('ünï').toString('latin1'))).toBe('ünï')
  expect(shownName('caf\u00e9')).toBe('"caf\\351"')
  expect(shownName('a\nb')).toBe('"a\\nb"')
})

test.each(['.git', '.GIT', '.Git ', '.git.', 'git~1', 'GIT~1', '.git::$INDEX_ALLOCATION', '.g\u200cit', '.ｇit'])(
  '%j is taken for .git by some file system',
  (name) => {
    expect(isDotGit(Buffer.from(name).toString('latin1'))).toBe(true)
  },
)

test.each(['.gitignore', '.gitattributes', '.github', 'git', 'my.git', '.git-x', 'git~x'])(
  '%j is an ordinary name',
  (name) => {
    expect(isDotGit(name)).toBe(false)
    expect(nameDefect(name)).toBeUndefined()
  },
)
