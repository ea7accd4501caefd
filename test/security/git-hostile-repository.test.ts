import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  git,
  makeRepository,
  mountOverlay,
  openRun,
  overlayObstacle,
  overlayOf,
  writeFiles,
  type Overlay,
} from '../integration/git/fixtures.ts'
import { openHostileGround } from './git-hostile-ground.ts'

const ground = openHostileGround()
afterAll(ground.remove)
const { repositories, at, marker, script } = ground

afterEach(() => {
  expect(existsSync(marker)).toBe(false)
})

describe('a repository that configures programs', () => {
  test('runs them under plain git, so the traps are live', () => {
    const path = ground.trapWithAll('live')
    try {
      git(path, 'status')
    } catch {
      // The traps make git fail as well; what counts is that one of them was run.
    }
    expect(existsSync(marker)).toBe(true)
    rmSync(marker)
  })

  test('GIT-01 GIT-02 GIT-03 GIT-04 GIT-05 GIT-06 runs none of them when it is resolved, opened, compared and committed to, and its content still arrives', async () => {
    writeFiles(ground.trapWithAll('trapped'), { 'new.txt': 'new\n' })
    const source = await repositories.resolve(at('trapped'), null)
    expect(source.uncommitted).toEqual(['a.txt', '.gitmodules', 'new.txt'])
    const run = await repositories.open('run_trapped', source)
    expect(readFileSync(join(run.checkout, 'a.txt'), 'utf8')).toBe('a\n')
    await run.diff(source.tree, source.tree)
    await run.commit({ tree: source.tree, parent: source.commit, message: 'm', timestamp: 1 })
  })

  test('runs none of them for a revision, a missing ref or an absent object either', async () => {
    await expect(repositories.resolve(at('trapped'), 'nope')).rejects.toMatchObject({ code: 'ref_not_found' })
    expect((await repositories.resolve(at('trapped'), 'HEAD~0')).commit).toBe(
      git(at('trapped'), 'log', '-1', '--format=%H'),
    )
    await expect(repositories.resolve(at('trapped'), 'a'.repeat(40))).rejects.toMatchObject({ code: 'ref_not_found' })
  })

  test('is not asked about by git where the platform itself stands inside it', async () => {
    const before = process.cwd()
    process.chdir(at('trapped'))
    try {
      expect((await repositories.resolve('.', 'main')).repository).toBe(at('trapped'))
    } finally {
      process.chdir(before)
    }
  })
})

describe('objects of another repository', () => {
  test('GIT-11 do not come in by alternates; after a repack the same repository is taken', async () => {
    makeRepository(at('private'), { 'secret.txt': 'secret\n' })
    git(ground.path, 'clone', '-q', '--shared', at('private'), at('borrower'))
    await expect(repositories.resolve(at('borrower'), null)).rejects.toMatchObject({
      code: 'repository_unreadable',
      remedy: expect.stringContaining('git repack -a -d') as string,
    })
    git(at('borrower'), 'repack', '-q', '-a', '-d')
    execFileSync('rm', [join(at('borrower'), '.git/objects/info/alternates')])
    await expect(openRun(repositories, at('borrower'))).resolves.toBeDefined()
  })

  test('GIT-11 do not stand in by replace refs or grafts: the commit that was pinned is what is read', async () => {
    const real = makeRepository(at('replaced'), { 'a.txt': 'real\n' })
    git(at('replaced'), 'checkout', '-q', '--orphan', 'fake')
    writeFiles(at('replaced'), { 'a.txt': 'fake\n' })
    git(at('replaced'), 'commit', '-q', '-am', 'fake')
    const fake = git(at('replaced'), 'rev-parse', 'HEAD')
    git(at('replaced'), 'checkout', '-q', 'main')
    git(at('replaced'), 'replace', real, fake)
    const run = await openRun(repositories, at('replaced'))
    expect(run.source.commit).toBe(real)
    expect(readFileSync(join(run.checkout, 'a.txt'), 'utf8')).toBe('real\n')
  })
})

/** Stores an object that no git command would make. */
function forge(path: string, type: string, content: Buffer): string {
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])
  const id = createHash('sha1').update(bytes).digest('hex')
  mkdirSync(join(path, '.git/objects', id.slice(0, 2)), { recursive: true })
  writeFileSync(join(path, '.git/objects', id.slice(0, 2), id.slice(2)), deflateSync(bytes))
  return id
}

function commitTree(path: string, entries: readonly (readonly [mode: string, name: string, id: string])[]): void {
  const body = entries.map(([mode, name, id]) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  )
  const tree = forge(path, 'tree', Buffer.concat(body))
  const who = 'x <x@y> 1 +0000'
  const commit = forge(path, 'commit', Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nm\n`))
  writeFileSync(join(path, '.git/refs/heads/main'), `${commit}\n`)
}

describe('a tree that no honest git wrote', () => {
  test.each(['.git', '.GIT', 'git~1', '..', '.', 'a/b'])(
    'with an entry named %j is refused on import',
    async (name) => {
      const path = at(`forged-${Buffer.from(name).toString('hex')}`)
      makeRepository(path, { 'a.txt': 'a\n' })
      const blob = git(path, 'rev-parse', 'HEAD:a.txt')
      commitTree(path, [['100644', name, blob]])
      await expect(openRun(repositories, path)).rejects.toMatchObject({ code: 'repository_unreadable' })
    },
  )

  test('a link that stands where a folder should be does not let a file out of the checkout', async () => {
    const path = at('crossing')
    makeRepository(path, { 'a.txt': 'a\n' })
    const blob = git(path, 'rev-parse', 'HEAD:a.txt')
    const target = forge(path, 'blob', Buffer.from(at('escaped')))
    const inner = forge(path, 'tree', Buffer.concat([Buffer.from('100644 pwned\0'), Buffer.from(blob, 'hex')]))
    mkdirSync(at('escaped'))
    commitTree(path, [
      ['120000', 'dir', target],
      ['40000', 'dir', inner],
    ])
    await expect(openRun(repositories, path)).rejects.toMatchObject({ code: 'repository_unreadable' })
    expect(existsSync(join(at('escaped'), 'pwned'))).toBe(false)
  })

  test('the same made honestly is taken', async () => {
    makeRepository(at('honest'), {
      'a.txt': 'a\n',
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ../x.git\n',
      '.github/x.yml': '',
    })
    git(at('honest'), 'update-index', '--add', '--cacheinfo', `160000,${git(at('honest'), 'rev-parse', 'HEAD')},x`)
    git(at('honest'), 'commit', '-q', '-m', 'submodule')
    const run = await openRun(repositories, at('honest'))
    expect((await run.listFiles(run.source.tree)).find(({ path }) => path === 'x')?.mode).toBe('160000')
    expect(existsSync(join(run.checkout, 'x/a.txt'))).toBe(false)
  })

  test.each([
    ['url = ext::sh -c "touch /tmp/x"', 'a helper address'],
    ['url = -u./x', 'an option'],
    ['path = .git/modules\n\turl = ./x', 'a path into .git'],
  ])('GIT-08 a submodule with %s (%s) is never cloned', async (lines) => {
    const path = at(`module-${createHash('sha1').update(lines).digest('hex').slice(0, 6)}`)
    makeRepository(path, { 'a.txt': 'a\n', '.gitmodules': `[submodule "x"]\n\tpath = x\n\t${lines}\n` })
    git(path, 'update-index', '--add', '--cacheinfo', `160000,${git(path, 'rev-parse', 'HEAD')},x`)
    git(path, 'commit', '-q', '-m', 'submodule')
    const outcome = await openRun(repositories, path).then(
      (run) => existsSync(join(run.checkout, 'x/.git')),
      (error: unknown) => (error as { code?: string }).code,
    )
    expect([false, 'repository_unreadable']).toContain(outcome)
  })
})

describe('links to files of the host', () => {
  test('are links in the checkout and in listings, and their targets are never read', async () => {
    makeRepository(at('links'), { passwd: { link: '/etc/passwd' }, up: { link: '../../../../etc' } })
    const run = await openRun(repositories, at('links'))
    expect(await run.readFile(run.source.tree, 'passwd')).toBeUndefined()
    expect(await run.readFile(run.source.tree, 'up/passwd')).toBeUndefined()
    expect(execFileSync('readlink', [join(run.checkout, 'passwd')], { encoding: 'utf8' })).toBe('/etc/passwd\n')
  })

  test('in the place of .gitignore give no rules', async () => {
    makeRepository(at('ignorelink'), { '.gitignore': { link: '/etc/passwd' }, 'a.txt': 'a\n' })
    await expect(openRun(repositories, at('ignorelink'))).resolves.toBeDefined()
  })
})

describe.skipIf(overlayObstacle !== undefined)(
  `what an agent leaves (${overlayObstacle ?? 'in a real overlay'})`,
  () => {
    let overlay: Overlay | undefined
    afterEach(() => overlay?.close())

    test('a .git of its own making runs nothing, hides nothing and is not captured', async () => {
      makeRepository(at('clean'), { 'a.txt': 'a\n' })
      const run = await openRun(repositories, at('clean'))
      overlay = await mountOverlay(run.checkout)
      overlay.run(`git init -q . && mkdir -p .git/hooks .git/info && echo '*' > .git/info/exclude
printf '[core]\\n fsmonitor = "${script}"\\n worktree = /etc\\n[filter "evil"]\\n clean = "${script}"\\n' >> .git/config
echo '* filter=evil' > .gitattributes; echo b > b.txt; echo "${ground.path}/private/.git/objects" > .git/objects/info/alternates`)
      const { tree, refused } = await run.captureTree(run.source.tree, overlayOf(overlay))
      expect(refused).toEqual([])
      expect((await run.listFiles(tree)).map(({ path }) => path)).toEqual(['.gitattributes', 'a.txt', 'b.txt'])
      await run.diff(run.source.tree, tree)
      await run.checkoutTree(tree)
    })

    test('a link in the place of a folder is captured as a link; what it points at is not read', async () => {
      makeRepository(at('dirs'), { 'conf/a.txt': 'a\n' })
      const run = await openRun(repositories, at('dirs'))
      overlay = await mountOverlay(run.checkout)
      overlay.run('rm -r conf; ln -s /etc conf; ln -s /etc/shadow shadow')
      const { tree } = await run.captureTree(run.source.tree, overlayOf(overlay))
      const files = await run.listFiles(tree)
      expect(files.map(({ path, mode, bytes }) => [path, mode, bytes])).toEqual([
        ['conf', '120000', 4],
        ['shadow', '120000', 11],
      ])
    })

    test('a writable layer that is itself a link is refused', async () => {
      makeRepository(at('upperlink'), { 'a.txt': 'a\n' })
      const run = await openRun(repositories, at('upperlink'))
      symlinkSync('/etc', at('upper'))
      await expect(run.captureTree(run.source.tree, { kind: 'overlay', upper: at('upper') })).rejects.toThrow()
    })

    test('GIT-12 attributes that an agent added cannot blind the diff', async () => {
      makeRepository(at('blind'), { 'a.txt': 'a\n' })
      const run = await openRun(repositories, at('blind'))
      overlay = await mountOverlay(run.checkout)
      overlay.run("echo '* -diff binary export-ignore' > .gitattributes; echo evil > a.txt")
      const { tree } = await run.captureTree(run.source.tree, overlayOf(overlay))
      const change = await run.diff(run.source.tree, tree)
      expect(change.patch).toContain('+evil')
      expect(change.files.find(({ path }) => path === 'a.txt')?.added_lines).toBe(1)
      expect(readFileSync(join(await run.checkoutTree(tree), 'a.txt'), 'utf8')).toBe('evil\n')
    })
  },
)
