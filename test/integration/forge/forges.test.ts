import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { createLocalForge } from '#adapters/forges/local'
import { createPlainGitForge } from '#adapters/forges/plain-git'
import { createRepositories } from '#adapters/git'
import type { PullRequestIntent } from '#ports'
import { git, makeRepository, openRun, temporaryFolder } from '../git/fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const at = (name: string) => join(folder.path, name)

const intent = (changes: Partial<PullRequestIntent> = {}): PullRequestIntent => ({
  idempotency_key: 'agent-pr:task_1:run_1:abc',
  repository: at('repository'),
  title: 'Fix the retry',
  body: 'What was asked.\n',
  head_branch: 'gander/fix',
  base_branch: 'main',
  head_commit: 'a'.repeat(40),
  base_commit: 'b'.repeat(40),
  draft: true,
  labels: ['gander', 'draft'],
  ...changes,
})

test('a forge says what its token may not push only where it knows', async () => {
  expect(await createLocalForge({ home: at('home') }).pushLimits?.(at('repository'))).toEqual({
    unpushable: [],
    because: '',
  })
  expect('pushLimits' in createPlainGitForge({ home: at('home') })).toBe(false)
})

describe('local forge', () => {
  test('a pushed branch becomes a draft pull request that a person can open, fetch and merge', async () => {
    const repository = at('repository')
    makeRepository(repository, { 'a.txt': '1\n' })
    writeFileSync(join(repository, 'a.txt'), '2\n')
    git(repository, 'commit', '-q', '-am', 'second')
    const forge = createLocalForge({ home: at('home') })
    const run = await openRun(createRepositories({ home: at('home') }), repository)
    const address = await forge.pushAddress(repository)
    const commit = await run.commit({
      tree: run.source.tree,
      parent: run.source.commit,
      message: 'fix\n',
      timestamp: 1,
    })
    expect(await run.push(commit, 'gander/fix', address)).toBe('pushed')
    const made = await forge.openPullRequest(intent({ head_commit: commit, base_commit: run.source.commit }))
    expect(made).toMatchObject({
      number: 1,
      state: 'open',
      draft: true,
      head_branch: 'gander/fix',
      base_branch: 'main',
    })
    expect(readFileSync(fileURLToPath(made.url), 'utf8')).toContain('# Fix the retry')
    expect(await forge.findPullRequest(repository, intent().idempotency_key)).toEqual(made)
    expect(await forge.listPullRequests(repository)).toEqual([made])
    git(repository, 'fetch', '-q', address, 'gander/fix')
    git(repository, 'merge', '-q', '--ff-only', 'FETCH_HEAD')
    expect(git(repository, 'log', '--format=%s').split('\n')).toEqual(['fix', 'second', 'first'])
    expect(existsSync(join(repository, '.git/shallow'))).toBe(false)
    git(folder.path, 'clone', '-q', address, at('clone'))
    expect(git(at('clone'), 'rev-parse', 'HEAD')).toBe(run.source.commit)
  })

  test('a second run from a newer base goes to the same mirror', async () => {
    const repository = at('repository')
    writeFileSync(join(repository, 'a.txt'), '3\n')
    git(repository, 'commit', '-q', '-am', 'fourth')
    const forge = createLocalForge({ home: at('home') })
    const run = await openRun(createRepositories({ home: at('home') }), repository)
    const commit = await run.commit({
      tree: run.source.tree,
      parent: run.source.commit,
      message: 'two\n',
      timestamp: 2,
    })
    await run.push(commit, 'gander/two', await forge.pushAddress(repository))
    const made = await forge.openPullRequest(
      intent({
        idempotency_key: 'two',
        head_branch: 'gander/two',
        head_commit: commit,
        base_commit: run.source.commit,
      }),
    )
    expect(made.number).toBe(2)
  })

  test('a branch that was not pushed is no pull request', async () => {
    const forge = createLocalForge({ home: at('home') })
    await expect(
      forge.openPullRequest(intent({ idempotency_key: 'x', head_branch: 'gander/none' })),
    ).rejects.toMatchObject({ code: 'publication_failed' })
    expect(await forge.findPullRequest(at('repository'), 'x')).toBeUndefined()
  })

  test('many at once make one mirror', async () => {
    const forge = createLocalForge({ home: at('racing') })
    const addresses = await Promise.all(Array.from({ length: 20 }, () => forge.pushAddress('/some/where')))
    expect(new Set(addresses).size).toBe(1)
    expect(readdirSync(at('racing/forge'))).toHaveLength(1)
  })

  test('repositories of the same name have different mirrors', async () => {
    const forge = createLocalForge({ home: at('names') })
    expect(await forge.pushAddress('/one/app')).not.toBe(await forge.pushAddress('/two/app'))
  })
})

describe('pull request records', () => {
  const program = fileURLToPath(new URL('make-pull-request.ts', import.meta.url))
  const start = (home: string, keys: readonly string[]) =>
    spawn(process.execPath, [program, home, ...keys], { stdio: ['ignore', 'pipe', 'inherit'] })

  test('fifty makers of one key in one process get one pull request', async () => {
    const forge = createPlainGitForge({ home: at('one') })
    const made = await Promise.all(Array.from({ length: 50 }, () => forge.openPullRequest(intent())))
    expect(new Set(made.map(({ number }) => number))).toEqual(new Set([1]))
    expect(made[0]?.url).toBe(`${at('repository')}#gander/fix`)
    expect(await forge.listPullRequests(at('repository'))).toHaveLength(1)
  })

  test('six processes with the same keys, half of them killed, leave exactly one for each key', async () => {
    const keys = Array.from({ length: 40 }, (_, n) => `key${n}`)
    const makers = Array.from({ length: 6 }, () => start(at('killed'), keys))
    const ends = makers.map((maker) => new Promise((resolve) => maker.once('close', resolve)))
    makers.forEach((maker, index) => {
      if (index % 2 === 0) maker.stdout.once('data', () => setTimeout(() => maker.kill('SIGKILL'), index * 7))
    })
    await Promise.all(ends)
    const last = start(at('killed'), keys)
    await new Promise((resolve) => last.once('close', resolve))
    const all = await createPlainGitForge({ home: at('killed') }).listPullRequests('https://example.org/repo.git')
    expect(all.map(({ idempotency_key }) => idempotency_key).toSorted()).toEqual(keys.toSorted())
    expect(all.map(({ number }) => number)).toEqual(keys.map((_, n) => n + 1))
  })

  test('a page that a killed process did not write is written by the retry', async () => {
    const forge = createPlainGitForge({ home: at('page') })
    await forge.openPullRequest(intent())
    const pulls = join(at('page/forge/plain-git'), readdirSync(at('page/forge/plain-git'))[0] ?? '', 'pulls')
    rmSync(join(pulls, '1.md'))
    await forge.openPullRequest(intent({ title: 'another title' }))
    expect(readFileSync(join(pulls, '1.md'), 'utf8')).toContain('# Fix the retry')
  })

  test('a record that somebody broke is named, not overwritten', async () => {
    const forge = createPlainGitForge({ home: at('broken') })
    await forge.openPullRequest(intent())
    const pulls = join(at('broken/forge/plain-git'), readdirSync(at('broken/forge/plain-git'))[0] ?? '', 'pulls')
    writeFileSync(join(pulls, '1.json'), '{"number":1')
    await expect(forge.openPullRequest(intent())).rejects.toMatchObject({ code: 'publication_failed' })
  })

  test('a home that cannot be written is a clear error', async () => {
    mkdirSync(at('taken'))
    writeFileSync(at('taken/forge'), '')
    await expect(createPlainGitForge({ home: at('taken') }).openPullRequest(intent())).rejects.toMatchObject({
      code: 'storage_unwritable',
    })
  })
})
