import { expect, test } from 'vitest'
import { parseAddress } from './address.ts'

test.each([
  ['https://jo:secret@example.org/a/b.git', 'https://example.org/a/b.git'],
  ['https://token@example.org/a/b.git?x=secret#y', 'https://example.org/a/b.git'],
  ['ssh://git@example.org:2222/a/b.git', 'ssh://git@example.org:2222/a/b.git'],
  ['ssh://git:secret@example.org/a/b.git', 'ssh://git@example.org/a/b.git'],
  ['git@example.org:a/b.git', 'git@example.org:a/b.git'],
  ['http://localhost:3000/a.git', 'http://localhost:3000/a.git'],
])('%s is recorded as %s', (given, shown) => {
  expect(parseAddress(given).shown).toBe(shown)
})

test.each([
  'ext::sh -c touch% /tmp/x',
  'fd::17',
  'git://example.org/a.git',
  'http://example.org/a.git',
  'ftp://example.org/a.git',
  'ssh://-oProxyCommand=x/a',
  'ssh://-x@example.org/a',
  'file://elsewhere/a.git',
  'https://',
  'a\nb',
])('%j is refused', (given) => {
  expect(() => parseAddress(given)).toThrow(expect.objectContaining({ code: 'repository_unreadable' }) as Error)
})

test.each(['.', './a:b', '/tmp/x:y', 'folder/with:colon'])('%j is a path', (given) => {
  expect(parseAddress(given).kind).toBe('local')
})

test('a file address is recorded as it was written', () => {
  expect(parseAddress('file:///tmp/a%20b.git')).toMatchObject({
    kind: 'local',
    path: '/tmp/a b.git',
    shown: 'file:///tmp/a%20b.git',
  })
})
