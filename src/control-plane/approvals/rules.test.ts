import { describe, expect, it } from 'vitest'
import { ownersOf } from './code-owners.ts'
import { matcherOf } from '#domain/path'
import { readApprovalRules } from './read-approval-rules.ts'

describe('the rules about approvals', () => {
  it('without a file let one person do everything, within limits', () => {
    expect(readApprovalRules(undefined)).toMatchObject({
      ok: true,
      value: {
        another_person: false,
        shared_account: false,
        matrix: [],
        limits: { per_run: 10, cooldown: 'escalate' },
      },
    })
    expect(readApprovalRules('another_person: true\n')).toMatchObject({ ok: true, value: { another_person: true } })
  })

  it('say who may give which kind, and each entry that is silent is the strict one', () => {
    const read = readApprovalRules('matrix:\n  - { kind: security_owner, people: [grace], expires: 8h }\n')
    expect(read).toMatchObject({
      ok: true,
      value: {
        matrix: [{ kind: 'security_owner', quorum: 1, four_eyes: true, valid_minutes: 480, codeowners: false }],
      },
    })
  })

  it.each([
    ['another_person: maybe', 'another_person (line 1)'],
    ['other_person: true', 'other_person (line 1) is no known field'],
    ['matrix:\n  - { kind: boss, people: [x] }', 'matrix.0.kind (line 2) must be one of reviewer'],
    ['matrix:\n  - { kind: reviewer }', 'matrix.reviewer names nobody'],
    ['matrix:\n  - { kind: reviewer, people: [x], quorum: 0 }', 'matrix.0.quorum (line 2) must be 1 or more'],
    ['matrix:\n  - { kind: reviewer, people: [x] }\n  - { kind: reviewer, people: [y] }', 'names reviewer twice'],
    ['require:\n  - { kinds: [reviewer] }', 'matrix does not say who may give it'],
    ['matrix:\n  - { kind: reviewer, people: [x], expires: 90d }', 'must be a time such as 30m'],
    ['{', 'approvals.yaml'],
  ])('are refused where they cannot be meant: %j', (source, expected) => {
    const read = readApprovalRules(source)
    expect(read.ok ? 'it was read' : read.refusal.message).toContain(expected)
  })
})

describe('CODEOWNERS', () => {
  const source = `# everything
*            @all
/docs/       @writers
*.sql        @acme/data ada@example.org
src/auth/**  @grace @linus # both
src/open
`

  it('gives each path the owners of the last line that speaks of it', () => {
    const paths = ['readme.md', 'docs/a/b.md', 'db/1.sql', 'src/auth/deep/login.ts', 'src/open/x.ts']
    expect(ownersOf(source, paths)).toEqual([
      ['all'],
      ['writers'],
      ['acme/data', 'ada@example.org'],
      ['grace', 'linus'],
      [],
    ])
  })

  it.each([
    ['/docs/', 'docs/a.md', 'src/docs/a.md'],
    ['*.sql', 'db/1.sql', 'db/1.sqlx'],
    ['src/*.ts', 'src/a.ts', 'src/b/a.ts'],
    ['src/**/test', 'src/a/b/test/x', 'src/testing'],
    ['a+b', 'x/a+b/y', 'aab'],
    ['/docs/*', 'docs/a.md', 'docs/deep/a.md'],
    ['/*', 'a.md', 'docs/a.md'],
    ['src/**', 'src/a/b', 'src'],
    ['**/logs', 'a/b/logs/x', 'a/blogs'],
    ['src/**/*.ts', 'src/a/b/c.ts', 'src/c.js'],
    ['gen*', 'a/generated/x.ts', 'a/regen'],
    ['docs/', 'a/docs/b.md', 'a/docs'],
    [String.raw`with\ space/`, 'with space/a', 'with'],
    [String.raw`\#keys`, '#keys', 'keys'],
    [String.raw`a\*b`, 'a*b', 'axb'],
    ['fil?.ts', 'file.ts', 'fil/.ts'],
    ['emoji-?.md', 'emoji-\u{1F986}.md', 'emoji-.md'],
    ['caf\u00e9/', 'cafe\u0301/a', 'cafe/a'],
    ['Src/', 'Src/a', 'src/a'],
    ['[ab].ts', '[ab].ts', 'a.ts'],
    ['a(b|c)', 'a(b|c)', 'ab'],
  ])('%s speaks of %s and not of %s', (pattern, yes, no) => {
    expect([matcherOf(pattern)(yes), matcherOf(pattern)(no)]).toEqual([true, false])
  })

  it('takes nothing back by a negation, and a pattern that cannot be read owns nothing', () => {
    const odd = `\uFEFFsecrets/ @vault\r\n!secrets/readme.md @all\n/ @root\n${'x'.repeat(2_000)} @long\n@\n`
    expect(ownersOf(odd, ['secrets/readme.md', 'a', 'x'.repeat(2_000)])).toEqual([['vault'], [], []])
  })

  it('reads sections: a line without owners has those of its section, and none where that names none', () => {
    const sections = '[Docs] @writers\ndocs/\ndocs/api/ @grace # hers\n^[Data][2]\ndb/\n'
    expect(ownersOf(sections, ['docs/a', 'docs/api/b', 'db/c'])).toEqual([['writers'], ['grace'], []])
  })

  it('answers in the product of the lengths, whatever stars a repository writes', () => {
    const path = `${'a/'.repeat(2_000)}b`
    expect(matcherOf(`${'**/a*a*'.repeat(60)}/c`)(path)).toBe(false)
    expect(matcherOf(`${'*a'.repeat(400)}x`)('a'.repeat(2_000))).toBe(false)
    expect(matcherOf('**/b')(path)).toBe(true)
  })
})
