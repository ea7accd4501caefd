import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { indexCommit, type CodeIndex } from '#execution-plane/code-index'
import type { PastCommit } from '#ports'
import { localise } from './localise.ts'

const FILES: Readonly<Record<string, string>> = {
  'src/http/request.ts': `import { Timeout } from './timeout.ts'
export function sendRequest(url: string, timeout: number) {
  return fetch(url, { signal: AbortSignal.timeout(timeout) })
}
export function closeConnection(socket: Socket) {
  if (socket.closed) throw new Error('connection was already closed by its peer')
  socket.end()
}
`,
  'src/http/timeout.ts': `export class Timeout {
  parseDuration(text: string) { return Number(text) * 1000 }
  expire() { throw new Error('too late') }
}
`,
  'src/cli/flags.ts': `export const noIgnoreVcs = { name: 'no-ignore-vcs', parse: (text: string) => text === 'yes' }
export function readFlags(argv: string[]) { return argv.filter((word) => word.startsWith('--')) }
`,
  'src/store/cache.py': `class Cache:
    def evict(self, key):
        raise KeyError("nothing is cached under this key")
    def merge_entries(self, other):
        return {**self.entries, **other.entries}
`,
  'src/store/engine.py': `def evict(engine):
    return engine.stop()
`,
  'src/main/java/org/acme/Parser.java': `package org.acme;
public class Parser {
  public Node parseAttribute(String text) { return new Node(text); }
}
`,
  'test/request.test.ts': `test('a timeout ends sendRequest', () => { sendRequest('x', 1); sendRequest('y', 2) })\n`,
  'docs/timeouts.md': '# Timeouts\n\nsendRequest takes a timeout. A timeout ends sendRequest.\n',
}

const blobOf = (text: string): string => createHash('sha1').update(text).digest('hex')
const COMMIT = 'c'.repeat(40)

async function indexOf(files: Readonly<Record<string, string>>): Promise<CodeIndex> {
  const by_blob = new Map(Object.values(files).map((text) => [blobOf(text), new TextEncoder().encode(text)]))
  const list = Object.keys(files)
    .sort()
    .map((path) => ({
      path,
      mode: '100644' as const,
      blob: blobOf(files[path] ?? ''),
      bytes: (files[path] ?? '').length,
    }))
  return indexCommit({ commit: COMMIT, list, read: (blob) => Promise.resolve(by_blob.get(blob)) }, undefined)
}

let index: CodeIndex
const ask = (issue: string, past: readonly PastCommit[] = []) =>
  localise({ index, commit: COMMIT, issue, past, top: 8 })
const first = (issue: string) => ask(issue)[0]

beforeAll(async () => {
  index = await indexOf(FILES)
})

describe('what an issue names', () => {
  test('a function in backticks leads to the file that declares it, before its test and its page', () => {
    const found = ask('Request hangs\n\nCalling `sendRequest` with a short timeout never returns.')
    expect(found[0]).toMatchObject({ path: 'src/http/request.ts', functions: [{ name: 'sendRequest' }] })
    expect(found[0]?.reasons).toContain('it defines `sendRequest`')
  })

  test('a path leads to its file', () => {
    const found = first('Something is slow\n\nSee src/store/engine.py, it is slow there.')
    expect(found?.path).toBe('src/store/engine.py')
    expect(found?.reasons).toContain('the issue names its path')
  })

  test('the owner of a name tells two functions of that name apart', () => {
    expect(first('It is called twice\n\nWith `Cache.evict` it is.')?.path).toBe('src/store/cache.py')
    expect(first('It is called twice\n\nWith `engine.evict` it is.')?.path).toBe('src/store/engine.py')
  })

  test('a message that a program printed leads to where it is made', () => {
    const found = first('It fails at night\n\nError: connection was already closed by its peer')
    expect(found).toMatchObject({ path: 'src/http/request.ts', functions: [{ name: 'closeConnection' }] })
    expect(found?.reasons).toContain('a message of the issue is made there')
  })

  test('a flag of the command line leads to the identifier that is spelt like it', () => {
    expect(first('Wrong default\n\nRunning with --no-ignore-vcs does nothing at all.')?.path).toBe('src/cli/flags.ts')
  })
})

describe('traces', () => {
  test('of Java lead to the class, and name the method', () => {
    const found = first(
      'Crash\n\n    at org.acme.Parser.parseAttribute(Parser.java:3)\n    at java.lang.Thread.run(Thread.java:1)',
    )
    expect(found).toMatchObject({ path: 'src/main/java/org/acme/Parser.java' })
    expect(found?.functions[0]?.name).toBe('Parser.parseAttribute')
  })

  test('of compiled JavaScript lead to the source it was made of', () => {
    const trace = 'Crash\n\n    at Timeout.expire (/app/dist/http/timeout.js:12:7)'
    expect(first(trace)?.path).toBe('src/http/timeout.ts')
  })
})

describe('what was changed before', () => {
  const past = [
    { message: 'Keep entries sorted when two are merged', time: 2, paths: ['src/store/cache.py'] },
    { message: 'Stop quickly', time: 1, paths: ['src/store/engine.py'] },
  ]

  test('a like change speaks for its file', () => {
    const found = ask('Sorted entries are shuffled', past)
    expect(found[0]?.path).toBe('src/store/cache.py')
    expect(found[0]?.reasons).toContain('it was changed for a like reason before')
  })

  test('one history asked twice answers the same', () => {
    expect(ask('Sorted entries are shuffled', past)).toEqual(ask('Sorted entries are shuffled', past))
  })
})

describe('issues that say little', () => {
  const nothing = [
    '',
    ' \n\n',
    '![screenshot](https://example.org/1.png)\n',
    '🤷',
    '\u0000\u0001\u0002\ufffd\ufffd',
    '!!! ??? ...',
  ]

  test.each(nothing)('%j has no answer rather than the files that are changed most', (issue) => {
    expect(ask(issue, [{ message: 'x', time: 1, paths: ['src/store/cache.py'] }])).toEqual([])
  })

  test.each([
    ['Indonesian', 'Permintaan gagal\n\nFungsi `sendRequest` tidak pernah kembali bila waktunya habis.'],
    ['Japanese', 'リクエストが終わらない\n\n`sendRequest` を呼び出すとタイムアウトしません。'],
    ['German', 'Anfrage hängt\n\nDie Funktion sendRequest() kehrt nach Ablauf der Zeit nicht zurück.'],
  ])('one in %s is answered by the names in it', (_, issue) => {
    expect(first(issue)?.path).toBe('src/http/request.ts')
  })

  test('one in a language without names in it has no answer', () => {
    expect(ask('リクエストが終わらない\n\nタイムアウトしません。')).toEqual([])
  })
})

test('an index of another commit is refused', () => {
  expect(() => localise({ index, commit: 'd'.repeat(40), issue: 'x', past: [], top: 1 })).toThrow(
    'The index is of commit',
  )
})

test('a commit without files has no answer', async () => {
  const empty = await indexOf({})
  expect(localise({ index: empty, commit: COMMIT, issue: 'sendRequest hangs', past: [], top: 5 })).toEqual([])
})
