import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import type { RunRepository } from '#ports'
import { startGitServer, type GitServer } from '../../support/git-server.ts'
import { git, makeRepository, writeFiles } from './fixtures.ts'
import { commitOf, openedRuns } from './opened-runs.ts'

const { at, derive, gitDir, open, remove } = openedRuns()
afterAll(remove)

describe('push', () => {
  let run: RunRepository
  let server: GitServer
  let commit: string
  beforeAll(async () => {
    makeRepository(at('origin'), { 'a.txt': '1\n' })
    writeFiles(at('origin'), { 'a.txt': '2\n' })
    git(at('origin'), 'commit', '-q', '-am', 'second')
    for (const name of ['plain', 'file', 'http', 'lease', 'moved'])
      git(at('.'), 'clone', '-q', '--bare', at('origin'), at(`remotes/${name}.git`))
    server = await startGitServer({ root: at('remotes') })
    run = await open(at('origin'))
    commit = await commitOf(run, derive(run, { 'b.txt': 'b\n' }))
  })
  afterAll(() => server.close())
  const held = (name: string, branch: string) =>
    git(at(`remotes/${name}.git`), 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)

  test.each(['plain', 'file', 'http'])('one commit lands as a branch on a bare repository by %s', async (kind) => {
    const remote =
      { plain: at('remotes/plain.git'), file: `file://${at('remotes/file.git')}`, http: `${server.url}/http.git` }[
        kind
      ] ?? ''
    expect(await run.push(commit, 'gander/fix-1', remote)).toBe('pushed')
    expect(await run.push(commit, 'gander/fix-1', remote)).toBe('already_there')
    expect(held(kind, 'gander/fix-1')).toBe(commit)
    expect(git(at(`remotes/${kind}.git`), 'log', '--format=%s', 'gander/fix-1').split('\n')).toEqual([
      'change',
      'second',
      'first',
    ])
    expect(existsSync(at(`remotes/${kind}.git/shallow`))).toBe(false)
    git(at(`remotes/${kind}.git`), 'fsck', '--strict')
  })

  test('a branch of the same run is replaced, one of somebody else is not', async () => {
    const remote = at('remotes/lease.git')
    await run.push(commit, 'gander/own', remote)
    const next = await commitOf(run, derive(run, { 'b.txt': 'better\n' }))
    expect(await run.push(next, 'gander/own', remote)).toBe('pushed')
    git(at('.'), 'clone', '-q', remote, at('other'))
    git(at('other'), 'checkout', '-q', '-b', 'gander/theirs')
    writeFiles(at('other'), { 'c.txt': 'c\n' })
    git(at('other'), 'add', '-A')
    git(at('other'), 'commit', '-q', '-m', 'theirs')
    git(at('other'), 'push', '-q', 'origin', 'gander/theirs')
    const theirs = held('lease', 'gander/theirs')
    await expect(run.push(next, 'gander/theirs', remote)).rejects.toMatchObject({ code: 'publication_failed' })
    expect(held('lease', 'gander/theirs')).toBe(theirs)
  })

  test('the base may have moved on at the remote meanwhile', async () => {
    git(at('.'), 'clone', '-q', at('remotes/moved.git'), at('mover'))
    writeFiles(at('mover'), { 'a.txt': '3\n' })
    git(at('mover'), 'commit', '-q', '-am', 'third')
    git(at('mover'), 'push', '-q', 'origin', 'main')
    expect(await run.push(commit, 'gander/fix-1', at('remotes/moved.git'))).toBe('pushed')
    expect(git(at('remotes/moved.git'), 'merge-base', 'main', 'gander/fix-1')).toBe(run.source.commit)
  })

  test('a remote that never saw the base commit gets the history, and the run keeps none of it', async () => {
    git(at('.'), 'init', '-q', '--bare', at('remotes/empty.git'))
    expect(await run.push(commit, 'gander/fix-1', at('remotes/empty.git'))).toBe('pushed')
    expect(git(at('remotes/empty.git'), 'log', '--format=%s', 'gander/fix-1').split('\n')).toEqual([
      'change',
      'second',
      'first',
    ])
    expect(readFileSync(join(gitDir(run), 'shallow'), 'utf8')).toContain(run.source.commit)
    expect(readdirSync(join(gitDir(run), '..'))).toEqual(['git'])
  })

  test.each(['main', 'master', 'MAIN', 'HEAD', '-x', 'a..b', 'refs/heads/x', 'a b', 'x.lock', ''])(
    '%j is never pushed to',
    async (branch) => {
      await expect(run.push(commit, branch, at('remotes/plain.git'))).rejects.toMatchObject({
        code: 'publication_failed',
      })
      expect(held('plain', 'main')).toBe(run.source.commit)
    },
  )

  test("the remote's default branch is never pushed to, whatever its name", async () => {
    git(at('.'), 'clone', '-q', '--bare', at('origin'), at('remotes/trunk.git'))
    git(at('remotes/trunk.git'), 'branch', '-m', 'main', 'trunk')
    await expect(run.push(commit, 'trunk', at('remotes/trunk.git'))).rejects.toMatchObject({
      code: 'publication_failed',
    })
  })

  test('a remote that refuses says why', async () => {
    git(at('.'), 'clone', '-q', '--bare', at('origin'), at('remotes/hooked.git'))
    writeFileSync(at('remotes/hooked.git/hooks/pre-receive'), '#!/bin/sh\necho no branches on Fridays >&2\nexit 1\n', {
      mode: 0o755,
    })
    await expect(run.push(commit, 'gander/x', at('remotes/hooked.git'))).rejects.toMatchObject({
      code: 'publication_failed',
      message: expect.stringContaining('no branches on Fridays') as string,
    })
    await expect(run.push(commit, 'gander/x', at('remotes/none.git'))).rejects.toMatchObject({
      code: 'publication_failed',
    })
  })
})

describe('smart HTTP', () => {
  let server: GitServer
  beforeAll(async () => {
    makeRepository(at('web'), { 'a.txt': 'a\n' })
    git(at('.'), 'clone', '-q', '--bare', at('web'), at('served/web.git'))
    server = await startGitServer({ root: at('served'), user: { name: 'jo', password: 'p@ss/w0rd' } })
  })
  afterAll(() => server.close())

  test('credentials in an address are used for reading and pushing, and recorded nowhere', async () => {
    const url = new URL(`${server.url}/web.git`)
    url.username = 'jo'
    url.password = encodeURIComponent('p@ss/w0rd')
    const fresh = createRepositories({ home: at('web-home') })
    const run = await fresh.open('run_web', await fresh.resolve(url.href, null))
    expect(run.source.repository).toBe(`${server.url}/web.git`)
    const commit = await commitOf(run, run.source.tree)
    expect(await run.push(commit, 'gander/web', run.source.repository)).toBe('pushed')
    expect(
      execFileSync('sh', ['-c', `grep -rl -e w0rd -e "p%40ss" ${at('web-home')} || true`], { encoding: 'utf8' }),
    ).toBe('')
  })

  test("without credentials the user's credential helper is asked, and nothing else of their configuration is read", async () => {
    const user = at('user-home')
    writeFiles(user, {
      '.gitconfig': `[credential]\n\thelper = "!f() { echo username=jo; echo password=p@ss/w0rd; }; f"\n[core]\n\tsshCommand = touch ${at('pwned')}\n[init]\n\ttemplateDir = ${at('templates')}\n`,
    })
    const before = process.env['HOME']
    process.env['HOME'] = user
    try {
      const fresh = createRepositories({ home: at('helper-home') })
      expect((await fresh.resolve(`${server.url}/web.git`, null)).base_branch).toBe('main')
    } finally {
      process.env['HOME'] = before
    }
    expect(existsSync(at('pwned'))).toBe(false)
  })

  test('no credentials, wrong ones and an absent repository are told apart', async () => {
    const fresh = createRepositories({ home: at('denied-home') })
    const wrong = server.url.replace('//', '//jo:wrong-secret@')
    await expect(fresh.resolve(`${server.url}/web.git`, null)).rejects.toMatchObject({ code: 'repository_unreadable' })
    const failure = await fresh.resolve(`${wrong}/web.git`, null).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'repository_unreadable' })
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('wrong-secret')
    const right = server.url.replace('//', '//jo:p%40ss%2Fw0rd@')
    await expect(
      createRepositories({ home: at('absent-home') }).resolve(`${right}/none.git`, null),
    ).rejects.toMatchObject({ code: 'repository_not_found' })
  })
})
