import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import type { RunRepository } from '#ports'
import { git, makeRepository, writeFiles } from './fixtures.ts'
import { commitOf, openedRuns } from './opened-runs.ts'

const { at, derive, gitDir, home, open, remove, repositories } = openedRuns()
afterAll(remove)

describe('open', () => {
  test('the repository holds the pinned commit and no other, no alternates and no links to one', async () => {
    const first = makeRepository(at('history'), { 'secret.txt': 'old secret\n' })
    writeFiles(at('history'), { 'secret.txt': 'pinned\n' })
    git(at('history'), 'commit', '-q', '-am', 'second')
    const pinned = git(at('history'), 'rev-parse', 'HEAD')
    writeFiles(at('history'), { 'secret.txt': 'the fix\n' })
    git(at('history'), 'commit', '-q', '-am', 'third')
    const run = await open(at('history'), pinned)
    const objects = execFileSync(
      'git',
      ['--git-dir', gitDir(run), 'cat-file', '--batch-all-objects', '--batch-check'],
      { encoding: 'utf8' },
    )
    expect(
      objects
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1] ?? '')
        .toSorted((left, right) => left.localeCompare(right)),
    ).toEqual(['blob', 'commit', 'tree'])
    expect(objects).toContain(pinned)
    expect(objects).not.toContain(first)
    expect(existsSync(join(gitDir(run), 'objects/info/alternates'))).toBe(false)
  })

  test('opening again after a crash gives the same repository with every tree written so far', async () => {
    makeRepository(at('again'), { 'a.txt': 'a\n' })
    const source = await repositories.resolve(at('again'), null)
    const first = await open(at('again'), null, 'run_again')
    const tree = derive(first, { 'b.txt': 'b\n' })
    rmSync(at('again'), { recursive: true })
    const second = await createRepositories({ home }).open('run_again', source)
    expect((await second.listFiles(tree)).map(({ path }) => path)).toEqual(['a.txt', 'b.txt'])
  })

  test('twenty runs may open the same source at once', async () => {
    makeRepository(at('many'), { 'a.txt': 'a\n' })
    const fresh = createRepositories({ home: at('many-home') })
    const source = await fresh.resolve(at('many'), null)
    rmSync(at('many-home/cache'), { recursive: true })
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => fresh.open(`run_many${n % 10}`, source)))
    expect(new Set(all.map((run) => run.checkout)).size).toBe(1)
    expect(readdirSync(at('many-home/cache/trees'))).toEqual([source.tree])
  })

  test('remove takes the run and leaves the cache', async () => {
    makeRepository(at('removed'), { 'a.txt': 'a\n' })
    const run = await open(at('removed'))
    const own = gitDir(run)
    await run.remove()
    expect(existsSync(own)).toBe(false)
    expect(existsSync(join(run.checkout, 'a.txt'))).toBe(true)
  })

  test('a repository with SHA-256 ids works the same', async () => {
    execFileSync('git', ['init', '-q', '-b', 'main', '--object-format=sha256', at('sha256')])
    writeFiles(at('sha256'), { 'src/a.txt': 'a\n' })
    git(at('sha256'), 'add', '-A')
    git(at('sha256'), 'commit', '-q', '-m', 'first')
    const run = await open(at('sha256'))
    const tree = derive(run, { 'src/b.txt': 'b\n' })
    expect(await commitOf(run, tree)).toMatch(/^[0-9a-f]{64}$/)
    expect((await run.diff(run.source.tree, tree)).files.map(({ path }) => path)).toEqual(['src/b.txt'])
  })
})

describe('checkout', () => {
  test('bytes are what was committed: no line endings, filters, idents or encodings; modes and links are kept', async () => {
    makeRepository(at('bytes'), {
      'a.txt': 'one\r\ntwo\n$Id$\n',
      'run.sh': '#!/bin/sh\n',
      'dir/link': { link: '../a.txt' },
    })
    git(at('bytes'), 'update-index', '--chmod=+x', 'run.sh')
    writeFiles(at('bytes'), {
      '.gitattributes': '* text eol=crlf ident\n*.sh working-tree-encoding=UTF-16 export-ignore -diff\n',
    })
    git(
      at('bytes'),
      'update-index',
      '--add',
      '--cacheinfo',
      `100644,${git(at('bytes'), 'hash-object', '-w', '--no-filters', '.gitattributes')},.gitattributes`,
    )
    git(at('bytes'), 'commit', '-q', '-m', 'attributes')
    const run = await open(at('bytes'))
    expect(readFileSync(join(run.checkout, 'a.txt'), 'utf8')).toBe('one\r\ntwo\n$Id$\n')
    expect(readFileSync(join(run.checkout, 'run.sh'), 'utf8')).toBe('#!/bin/sh\n')
    const modes = execFileSync('stat', ['-c', '%a %n', '.', 'a.txt', 'run.sh', 'dir'], {
      cwd: run.checkout,
      encoding: 'utf8',
    })
    expect(modes).toBe('777 .\n666 a.txt\n777 run.sh\n777 dir\n')
    expect(execFileSync('readlink', [join(run.checkout, 'dir/link')], { encoding: 'utf8' })).toBe('../a.txt\n')
    expect(statSync(join(run.checkout, '..')).mode & 0o777).toBe(0o700)
    expect(existsSync(join(run.checkout, '.git'))).toBe(false)
    const change = await run.diff(run.source.tree, derive(run, { 'run.sh': '#!/bin/sh\necho\n' }))
    expect(change.patch).toContain('+echo')
  })

  test('a repository with case twins is refused by name, as nobody could tell them apart', async () => {
    makeRepository(at('twins'), { 'Src/a.txt': '1\n', 'src/b.txt': '2\n' })
    await expect(open(at('twins'))).rejects.toMatchObject({
      code: 'repository_unreadable',
      message: expect.stringContaining('Src and src') as string,
    })
  })

  test('a source beyond the limits is refused', async () => {
    makeRepository(at('large'), { 'a.bin': Buffer.alloc(300_000, 'x'), 'b.txt': 'b' })
    const limited = createRepositories({ home: at('limited'), limits: { file_bytes: 100_000 } })
    const source = await limited.resolve(at('large'), null)
    await expect(limited.open('run_l', source)).rejects.toMatchObject({
      code: 'source_too_large',
      message: expect.stringContaining('a.bin is larger than 100000 bytes') as string,
    })
  })
})

describe('reading and comparing', () => {
  let run: RunRepository
  beforeAll(async () => {
    makeRepository(at('read'), {
      'src/a.txt': 'a\n',
      link: { link: 'src/a.txt' },
      bin: Buffer.from([0, 1, 2]),
      'we"ird\\name.txt': 'w\n',
      'ünï.txt': 'u\n',
    })
    execFileSync(
      'sh',
      [
        '-c',
        `printf x > "$(printf 'caf\\351')" && git add -A && git -c user.name=x -c user.email=x@y commit -qm latin1`,
      ],
      { cwd: at('read') },
    )
    run = await open(at('read'))
  })

  test('files are read by path, links and folders are not files', async () => {
    const read = async (path: string) => {
      const content = await run.readFile(run.source.tree, path)
      return content === undefined ? undefined : Buffer.from(content).toString()
    }
    expect(await read('src/a.txt')).toBe('a\n')
    expect(await read('ünï.txt')).toBe('u\n')
    expect(await read('"caf\\351"')).toBe('x')
    expect(await read('"we\\"ird\\\\name.txt"')).toBe('w\n')
    expect([
      await read('link'),
      await read('src'),
      await read('nope'),
      await read('src/a.txt/x'),
      await read('../x'),
    ]).toEqual(Array.from({ length: 5 }, () => undefined))
  })

  test('every listed path can be read back', async () => {
    const files = await run.listFiles(run.source.tree)
    expect(files.map(({ path }) => path)).toEqual([
      'bin',
      '"caf\\351"',
      'link',
      'src/a.txt',
      '"we\\"ird\\\\name.txt"',
      'ünï.txt',
    ])
    for (const file of files.filter(({ mode }) => mode !== '120000'))
      expect((await run.readFile(run.source.tree, file.path))?.length).toBe(file.bytes)
  })

  test('a change has kinds, modes, ids, line counts and a patch that names binary files only', async () => {
    const tree = derive(run, { 'src/a.txt': 'a\nb ü\n', bin: Buffer.from([0, 9]), 'new\tfile.txt': 'n' })
    const change = await run.diff(run.source.tree, tree)
    expect(
      change.files.map(({ kind, path, added_lines, deleted_lines }) => [kind, path, added_lines, deleted_lines]),
    ).toEqual([
      ['modified', 'bin', null, null],
      ['added', '"new\\tfile.txt"', 1, 0],
      ['modified', 'src/a.txt', 1, 0],
    ])
    expect(change.patch).toContain('Binary files a/bin and b/bin differ')
    expect(change.patch).toContain('+b ü\n')
    expect(change.files[1]).toMatchObject({ old_mode: null, old_blob: null, new_mode: '100644' })
  })

  test('a rename is a deletion and an addition, and a link that becomes a file changes its type', async () => {
    const work = derive(run, {})
    expect((await run.diff(run.source.tree, work)).files).toEqual([])
    const tree = derive(run, { 'src/moved.txt': 'a\n' })
    expect((await run.diff(tree, run.source.tree)).files.map(({ kind }) => kind)).toEqual(['deleted'])
  })

  test('the same commit request gives the same id, with the message to the letter and the platform as author', async () => {
    const tree = derive(run, { 'z.txt': 'z\n' })
    const message = '  subject ü \n\n# no comment\n\n\ntrailing  \n\n'
    const commit = await commitOf(run, tree, message)
    expect(await commitOf(run, tree, message)).toBe(commit)
    const shown = execFileSync('git', ['--git-dir', gitDir(run), 'cat-file', 'commit', commit], { encoding: 'utf8' })
    expect(shown).toBe(
      `tree ${tree}\nparent ${run.source.commit}\nauthor Gander <gander@localhost> 1767225600 +0000\ncommitter Gander <gander@localhost> 1767225600 +0000\n\n${message}`,
    )
    expect(() => execFileSync('git', ['--git-dir', gitDir(run), 'fsck', '--strict'], { stdio: 'pipe' })).not.toThrow()
  })

  test('a commit of a tree that is not there is refused', async () => {
    await expect(commitOf(run, 'a'.repeat(40))).rejects.toMatchObject({ code: 'internal' })
  })
})
