import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import { git, makeRepository, temporaryFolder, writeFiles } from './fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const repositories = createRepositories({ home: join(folder.path, 'home') })
const at = (name: string) => join(folder.path, name)

test('a checkout is pinned to the commit of its current branch', async () => {
  const commit = makeRepository(at('plain'), { 'a.txt': 'a\n' })
  expect(await repositories.resolve(at('plain'), null)).toEqual({
    repository: at('plain'),
    ref: 'main',
    commit,
    tree: git(at('plain'), 'rev-parse', 'HEAD^{tree}'),
    base_branch: 'main',
    uncommitted: [],
  })
})

test('a subfolder of a checkout means the whole checkout', async () => {
  makeRepository(at('sub'), { 'packages/one/a.txt': 'a\n' })
  const source = await repositories.resolve(at('sub/packages/one'), null)
  expect(source.repository).toBe(at('sub'))
})

test('a linked work tree is pinned to its own branch', async () => {
  makeRepository(at('trunk'), { 'a.txt': 'a\n' })
  git(at('trunk'), 'worktree', 'add', '-q', '-b', 'side', at('linked'))
  writeFiles(at('linked'), { 'b.txt': 'b\n' })
  git(at('linked'), 'add', '-A')
  git(at('linked'), 'commit', '-q', '-m', 'side')
  const source = await repositories.resolve(at('linked'), null)
  expect([source.ref, source.commit]).toEqual(['side', git(at('linked'), 'rev-parse', 'HEAD')])
})

test('uncommitted and untracked paths are named, ignored ones are not, and nothing in the checkout is written', async () => {
  makeRepository(at('dirty'), { 'a.txt': 'a\n', 'b.txt': 'b\n', '.gitignore': '*.log\n' })
  writeFiles(at('dirty'), { 'a.txt': 'changed\n', 'new.txt': 'n\n', 'noise.log': 'x' })
  const index = join(at('dirty'), '.git/index')
  const before = [readFileSync(index).toString('hex'), statSync(index).mtimeMs, statSync(at('dirty/.git')).mtimeMs]
  const source = await repositories.resolve(at('dirty'), null)
  expect(source.uncommitted).toEqual(['a.txt', 'new.txt'])
  expect([readFileSync(index).toString('hex'), statSync(index).mtimeMs, statSync(at('dirty/.git')).mtimeMs]).toEqual(
    before,
  )
})

test('staged changes and a split index are noticed too', async () => {
  makeRepository(at('staged'), { 'a.txt': 'a\n', 'b.txt': 'b\n' })
  git(at('staged'), 'update-index', '--split-index')
  writeFiles(at('staged'), { 'a.txt': 'staged\n' })
  git(at('staged'), 'add', 'a.txt')
  expect((await repositories.resolve(at('staged'), null)).uncommitted).toEqual(['a.txt'])
})

test('a detached checkout is pinned to its commit and keeps a branch to propose to', async () => {
  const first = makeRepository(at('detached'), { 'a.txt': '1\n' })
  writeFiles(at('detached'), { 'a.txt': '2\n' })
  git(at('detached'), 'commit', '-q', '-am', 'second')
  git(at('detached'), 'checkout', '-q', first)
  const source = await repositories.resolve(at('detached'), null)
  expect([source.ref, source.commit, source.base_branch]).toEqual([first, first, 'main'])
})

test('branches, tags, commits, revisions and tracking branches are pinned', async () => {
  const first = makeRepository(at('refs'), { 'a.txt': '1\n' })
  git(at('refs'), 'tag', '-a', '-m', 'one', 'v1')
  git(at('refs'), 'checkout', '-q', '-b', 'feature/x')
  writeFiles(at('refs'), { 'a.txt': '2\n' })
  git(at('refs'), 'commit', '-q', '-am', 'second')
  const second = git(at('refs'), 'rev-parse', 'HEAD')
  git(at('refs'), 'update-ref', 'refs/remotes/origin/topic', first)
  const pins = async (ref: string) => {
    const { commit, base_branch } = await repositories.resolve(at('refs'), ref)
    return [commit, base_branch]
  }
  expect(await pins('feature/x')).toEqual([second, 'feature/x'])
  expect(await pins('refs/heads/main')).toEqual([first, 'main'])
  expect(await pins('v1')).toEqual([first, 'feature/x'])
  expect(await pins(first)).toEqual([first, 'feature/x'])
  expect(await pins(first.slice(0, 9))).toEqual([first, 'feature/x'])
  expect(await pins('HEAD~1')).toEqual([first, 'feature/x'])
  expect(await pins('origin/topic')).toEqual([first, 'topic'])
})

test('a ref that does not exist is refused with the names it may have meant', async () => {
  makeRepository(at('close'), { 'a.txt': 'a\n' })
  git(at('close'), 'branch', 'develop')
  await expect(repositories.resolve(at('close'), 'devlop')).rejects.toMatchObject({
    code: 'ref_not_found',
    remedy: 'Did you mean develop?',
    facts: { suggestions: ['develop'] },
  })
  await expect(repositories.resolve(at('close'), '--upload-pack=touch /tmp/x')).rejects.toMatchObject({
    code: 'ref_not_found',
  })
})

test('absent, empty and foreign places are told apart', async () => {
  mkdirSync(at('nothing'))
  writeFileSync(at('file.txt'), '')
  mkdirSync(at('empty'))
  git(at('empty'), 'init', '-q', '-b', 'main')
  const code = async (repository: string) =>
    repositories.resolve(repository, null).then(
      () => 'resolved',
      (error: unknown) => (error as { code?: string }).code,
    )
  expect(await code(at('absent'))).toBe('repository_not_found')
  expect(await code(at('nothing'))).toBe('repository_not_found')
  expect(await code(at('file.txt'))).toBe('repository_not_found')
  expect(await code(at('empty'))).toBe('repository_empty')
  expect(await code(`file://${at('absent')}`)).toBe('repository_not_found')
  expect(await code('ext::sh -c true')).toBe('repository_unreadable')
  expect(await code('git://example.org/x.git')).toBe('repository_unreadable')
  expect(await code('http://example.org/x.git')).toBe('repository_unreadable')
  expect(await code('https://127.0.0.1:1/x.git')).toBe('repository_unreadable')
})

test('a file address is a remote source and stays as it was written', async () => {
  const commit = makeRepository(at('with space'), { 'a.txt': 'a\n' })
  git(at('.'), 'clone', '-q', '--bare', at('with space'), at('b%20are.git'))
  const address = `file://${at('b%2520are.git')}`
  const source = await repositories.resolve(address, null)
  expect(source).toMatchObject({ repository: address, commit, base_branch: 'main', uncommitted: [] })
})

test.skipIf(process.getuid?.() !== 0)(
  "root reads another user's repository without being told to trust it (skipped without root)",
  async () => {
    const commit = makeRepository(at('theirs'), { 'a.txt': 'a\n' })
    execFileSync('chown', ['-R', '1000:1000', at('theirs')])
    const run = await repositories.open('run_theirs', await repositories.resolve(at('theirs'), null))
    expect(run.source.commit).toBe(commit)
    expect(readFileSync(join(run.checkout, 'a.txt'), 'utf8')).toBe('a\n')
  },
)

test.skipIf(process.getuid?.() === 0)(
  'a repository that may not be read is refused as unreadable (skipped as root, whom modes do not stop)',
  async () => {
    makeRepository(at('locked'), { 'a.txt': 'a\n' })
    chmodSync(at('locked'), 0o000)
    await expect(repositories.resolve(at('locked'), null)).rejects.toMatchObject({ code: 'repository_unreadable' })
    chmodSync(at('locked'), 0o755)
  },
)
