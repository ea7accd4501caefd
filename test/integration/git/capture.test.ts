import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import type { RunRepository } from '#ports'
import {
  makeRepository,
  mountOverlay,
  openRun,
  overlayObstacle,
  overlayOf,
  temporaryFolder,
  type Overlay,
} from './fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const repositories = createRepositories({ home: join(folder.path, 'home') })

const FILES = {
  'README.md': 'hello\n',
  'bin/tool': '#!/bin/sh\n',
  'src/a.ts': 'a\n',
  'src/b.ts': 'b\n',
  'src/deep/c.ts': 'c\n',
  'src/deep/d.ts': 'd\n',
  'link.md': { link: 'README.md' },
  '.gitignore': 'dist/\n*.log\n!keep.log\n/only-here\n',
  'src/.gitignore': 'generated/*\n!generated/kept.ts\n',
  'dist-tracked/x.log': 'tracked although ignored? no: forced\n',
}

let run: RunRepository
let base: string
let overlay: Overlay | undefined

beforeAll(async () => {
  const repository = join(folder.path, 'repository')
  makeRepository(repository, FILES)
  execFileSync(
    'sh',
    ['-c', 'git add -f dist-tracked/x.log && git -c user.name=x -c user.email=x@y commit -qm forced'],
    {
      cwd: repository,
    },
  )
  run = await openRun(repositories, repository)
  base = run.source.tree
})
afterEach(() => {
  overlay?.close()
  overlay = undefined
})

/** What a script inside the overlay comes to, against the base tree. */
async function captured(script: string, merged = true) {
  overlay = await mountOverlay(run.checkout)
  overlay.run(script)
  const result = await run.captureTree(base, overlayOf(overlay, merged))
  const change = await run.diff(base, result.tree)
  return {
    ...result,
    change: change.files.map(({ kind, path, new_mode }) => `${kind} ${path}${new_mode === '100755' ? ' +x' : ''}`),
  }
}

describe.skipIf(overlayObstacle !== undefined)(`captureTree (${overlayObstacle ?? 'over a real overlay'})`, () => {
  test('nothing changed gives the tree below', async () => {
    expect(await captured('true')).toEqual({ tree: base, refused: [], change: [] })
  })

  test('a touched file with the same content gives the tree below', async () => {
    expect((await captured('cat src/a.ts > /tmp/x; cat /tmp/x > src/a.ts; touch README.md')).tree).toBe(base)
  })

  test('edits, additions, deletions, modes, links and renames are captured exactly', async () => {
    const { change, refused } = await captured(`
      echo more >> src/a.ts
      mkdir -p new/dir; echo n > new/dir/n.txt
      rm src/b.ts
      chmod +x README.md
      ln -s ../src new/link
      mv src/deep/c.ts src/deep/moved.ts`)
    expect(refused).toEqual([])
    expect(change).toEqual([
      'modified README.md +x',
      'added new/dir/n.txt',
      'added new/link',
      'modified src/a.ts',
      'deleted src/b.ts',
      'deleted src/deep/c.ts',
      'added src/deep/moved.ts',
    ])
  })

  test.each([true, false])(
    'a folder that was replaced hides what lay below (merged tree given: %s)',
    async (merged) => {
      const { change } = await captured('rm -r src/deep; mkdir src/deep; echo n > src/deep/n.ts', merged)
      expect(change).toEqual(['deleted src/deep/c.ts', 'deleted src/deep/d.ts', 'added src/deep/n.ts'])
    },
  )

  test.each([true, false])(
    'a folder that was only added to keeps what lies below (merged tree given: %s)',
    async (merged) => {
      expect((await captured('echo n > src/deep/n.ts', merged)).change).toEqual(['added src/deep/n.ts'])
    },
  )

  test('a deleted folder, and a folder and a file that change places', async () => {
    const { change } = await captured(
      'rm -r src/deep; echo f > src/deep; rm README.md; mkdir README.md; echo x > README.md/x',
    )
    expect(change).toEqual([
      'deleted README.md',
      'added README.md/x',
      'added src/deep',
      'deleted src/deep/c.ts',
      'deleted src/deep/d.ts',
    ])
  })

  test.each([true, false])(
    'a folder replaced after it was captured is noticed (merged tree given: %s)',
    async (merged) => {
      overlay = await mountOverlay(run.checkout)
      const capture = async (script: string) => {
        overlay?.run(script)
        const { tree } = await run.captureTree(base, overlayOf(overlay, merged))
        return (await run.diff(base, tree)).files.map(({ kind, path }) => `${kind} ${path}`)
      }
      expect(await capture('echo n > src/deep/n.ts')).toEqual(['added src/deep/n.ts'])
      const replaced = ['deleted src/deep/c.ts', 'deleted src/deep/d.ts', 'added src/deep/n.ts']
      expect(await capture('rm -r src/deep; mkdir src/deep; echo n > src/deep/n.ts')).toEqual(replaced)
      expect(await capture('mkdir other; echo n > other/n.ts; rm -r src/deep; mv other src/deep')).toEqual(replaced)
    },
  )

  test('empty folders are no change', async () => {
    expect((await captured('mkdir -p a/b/c')).tree).toBe(base)
  })

  test('what the base commit ignores is left out, tracked files and exceptions are not', async () => {
    const { change } = await captured(`
      mkdir -p dist/deep src/generated; echo x > dist/deep/x; echo x > noise.log; echo x > src/noise.log
      echo x > keep.log; echo x > only-here; echo x > src/only-here
      echo x > src/generated/gone.ts; echo x > src/generated/kept.ts
      echo more >> dist-tracked/x.log; mkdir -p node_modules/p; echo x > node_modules/p/index.js`)
    expect(change).toEqual([
      'modified dist-tracked/x.log',
      'added keep.log',
      'added src/generated/kept.ts',
      'added src/only-here',
    ])
  })

  test('rules that the agent wrote hide nothing and show nothing', async () => {
    const { change } = await captured(
      "echo '*' > .gitignore; echo x > seen.txt; echo x > still.log; echo '!*' > src/.gitignore",
    )
    expect(change).toEqual(['modified .gitignore', 'added seen.txt', 'modified src/.gitignore'])
  })

  test('a second capture after a change of the same size within the same tick sees it', async () => {
    overlay = await mountOverlay(run.checkout)
    for (let round = 0; round < 30; round++) {
      const content = `round ${String(round).padStart(3, '0')}\n`
      writeFileSync(join(overlay.merged, 'src/a.ts'), content)
      const { tree } = await run.captureTree(base, overlayOf(overlay))
      expect(Buffer.from((await run.readFile(tree, 'src/a.ts')) ?? '').toString()).toBe(content)
    }
  })

  test('the tree is the one git itself makes', async () => {
    overlay = await mountOverlay(run.checkout)
    overlay.run(
      "mkdir -p x/a x/a-b 'x/ünï'; echo 1 > x/a/1; echo 2 > x/a-b/2; echo 3 > x/a.c; echo 4 > 'x/ünï/4'; chmod +x x/a.c",
    )
    const { tree } = await run.captureTree(base, overlayOf(overlay))
    const copy = join(folder.path, 'copy')
    mkdirSync(copy)
    execFileSync('cp', ['-a', `${overlay.merged}/.`, copy])
    const byGit = execFileSync('sh', ['-c', 'git init -q . && git add -A -f . && git write-tree'], {
      cwd: copy,
      encoding: 'utf8',
    })
    expect(tree).toBe(byGit.trim())
  })

  test('what git cannot hold is refused by name and stays as it was', async () => {
    const { tree, refused, change } = await captured(`
      mkfifo pipe; rm src/b.ts; mkfifo src/b.ts
      mknod null c 1 3
      cp /bin/true suid; chmod u+s suid
      mkdir -p vendor/.git; echo x > vendor/.git/config; mkdir vendor/GIT~1 vendor/.GiT
      printf x > "$(printf 'bad\\377name')"; printf x > "$(printf 'new\\nline')"
      echo x > readme.MD; truncate -s 1T huge
      perl -e 'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("sock"))'
      mkdir .git; echo x > .git/config`)
    expect(refused).toEqual([
      { path: '"bad\\377name"', reason: 'the name is not valid UTF-8' },
      { path: '"new\\nline"', reason: 'the name has control characters' },
      { path: 'huge', reason: 'the file is larger than 104857600 bytes' },
      { path: 'null', reason: 'it is a device' },
      { path: 'pipe', reason: 'it is a fifo' },
      { path: 'readme.MD', reason: 'another path differs from it only in letter case or Unicode form' },
      { path: 'sock', reason: 'it is a socket' },
      { path: 'src/b.ts', reason: 'it is a fifo' },
      { path: 'suid', reason: 'the file has a setuid or setgid bit' },
      { path: 'vendor/.GiT', reason: 'a nested .git is never taken' },
      { path: 'vendor/.git', reason: 'a nested .git is never taken' },
      { path: 'vendor/GIT~1', reason: 'a nested .git is never taken' },
    ])
    expect(change).toEqual(['added suid +x'])
    expect(tree).not.toBe(base)
  })

  test('decomposed names keep their bytes, and a composed twin is refused', async () => {
    const { change, refused } = await captured(
      'echo 1 > "$(printf "e\\314\\201.txt")"; echo 2 > "$(printf "\\303\\251.txt")"',
    )
    expect(change).toEqual(['added e\u0301.txt'])
    expect(refused.map(({ path }) => path)).toEqual(['\u00e9.txt'])
  })

  test('a letter case rename is a deletion and an addition', async () => {
    const { change, refused } = await captured('mv README.md Readme.md')
    expect([change, refused]).toEqual([['deleted README.md', 'added Readme.md'], []])
  })

  test('folders nested beyond the limit are refused, not followed', async () => {
    const { refused, change } = await captured(
      'd=deep; i=0; while [ $i -lt 140 ]; do d=$d/x; i=$((i+1)); done; mkdir -p $d; echo x > $d/f; echo y > ok',
    )
    expect(refused).toEqual([{ path: `deep${'/x'.repeat(128)}`, reason: 'folders are nested too deeply' }])
    expect(change).toEqual(['added ok'])
  })
})

describe.skipIf(overlayObstacle !== undefined)(`applyTree (${overlayObstacle ?? 'into a real overlay'})`, () => {
  test('a captured tree is written into a fresh overlay and captured there again as the same tree', async () => {
    const { tree } = await captured(`
      echo more >> src/a.ts; rm -r src/deep; echo f > src/deep; ln -s nowhere l; chmod +x README.md
      mkdir -p n/m; echo n > n/m/n; rm link.md; echo now-a-file > link.md`)
    overlay?.close()
    overlay = await mountOverlay(run.checkout)
    await run.applyTree(base, tree, { path: overlay.merged, uid: 1234, gid: 1234 })
    expect((await run.captureTree(base, overlayOf(overlay))).tree).toBe(tree)
    expect(execFileSync('stat', ['-c', '%u:%g', join(overlay.merged, 'n/m/n')], { encoding: 'utf8' })).toBe(
      '1234:1234\n',
    )
    await run.applyTree(tree, base, { path: overlay.merged, uid: 1234, gid: 1234 })
    expect((await run.captureTree(base, overlayOf(overlay))).tree).toBe(base)
  })

  test('links planted in the way are replaced, never followed', async () => {
    const { tree } = await captured('echo changed > src/a.ts; echo changed > src/deep/c.ts')
    overlay?.close()
    overlay = await mountOverlay(run.checkout)
    const outside = join(folder.path, 'outside')
    mkdirSync(join(outside, 'deep'), { recursive: true })
    writeFileSync(join(outside, 'a.ts'), 'untouched')
    overlay.run(`rm src/a.ts; ln -s ${outside}/a.ts src/a.ts; rm -r src/deep; ln -s ${outside}/deep src/deep`)
    await run.applyTree(base, tree, { path: overlay.merged, uid: 0, gid: 0 })
    const content = (path: string) => execFileSync('cat', [path], { encoding: 'utf8' })
    expect(content(join(outside, 'a.ts'))).toBe('untouched')
    expect(execFileSync('ls', [join(outside, 'deep')], { encoding: 'utf8' })).toBe('')
    expect(content(join(overlay.merged, 'src/a.ts'))).toBe('changed\n')
    expect(content(join(overlay.merged, 'src/deep/c.ts'))).toBe('changed\n')
  })
})
