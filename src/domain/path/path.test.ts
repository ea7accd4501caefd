import { describe, expect, it } from 'vitest'
import { foldPath, parsePath } from './index.ts'

describe('the grammar of paths', () => {
  it.each([
    '',
    '/etc/passwd',
    '/workspace/a',
    '..',
    '../x',
    'a/../../x',
    'a//b',
    './a',
    'a/.',
    'a/',
    'a\0b',
    'a\nb',
    'a\u0085b',
    'x'.repeat(256),
    'é'.repeat(128),
    'cafe\u0301',
    'a\ud800b',
    'x/'.repeat(2100) + 'y',
  ])('%j is no repository path', (text) => {
    expect(parsePath(text)).toMatchObject({ ok: false, refusal: { rule: 'path.invalid' } })
  })

  it.each(['a', 'src/app.ts', '.gitignore', 'app/[id]/(group)/page.tsx', 'café/ü b.txt', '..a', 'a..', '...'])(
    '%j is a repository path',
    (text) => expect(parsePath(text)).toEqual({ ok: true, value: text.split('/') }),
  )

  it('an absolute path below the workspace is answered with the path to write', () => {
    const parsed = parsePath('/workspace/src/a.ts')
    expect(parsed.ok ? '' : parsed.refusal.message).toContain('write "src/a.ts"')
  })
})

describe('the folded form', () => {
  it.each([
    ['.GitHub', '.github'],
    ['.git\u200bhub', '.github'],
    ['.github.', '.github'],
    ['.git ', '.git'],
    ['.ｇit', '.git'],
    ['AGENTS.md::$DATA', 'agents.md'],
    ['.git::$INDEX_ALLOCATION', '.git'],
    ['ſetup.py', 'setup.py'],
    ['Pac\u212aage.json', 'package.json'],
  ])('%j is matched as %j', (name, folded) => expect(foldPath([name])).toEqual([folded]))

  it.each(['．．', 'a／b', '\u200b', '…'])('%j becomes a separator or nothing, so nothing can be said', (name) =>
    expect(foldPath([name])).toBeUndefined(),
  )
})
