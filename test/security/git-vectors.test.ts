import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import {
  git,
  makeRepository,
  mountOverlay,
  openRun,
  overlayObstacle,
  overlayOf,
  temporaryFolder,
  writeFiles,
  type Overlay,
} from '../integration/git/fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const repositories = createRepositories({ home: join(folder.path, 'home') })
const at = (name: string) => join(folder.path, name)
const marker = at('marker')
const script = at('evil.sh')
writeFileSync(script, `#!/bin/sh\ntouch ${marker}\nexit 1\n`, { mode: 0o755 })

/** One way in which a repository names a program. */
interface Vector {
  readonly config?: string
  readonly attributes?: string
  readonly files?: { readonly [path: string]: string }
  /** A command of plain git that runs the program; absent where it takes a terminal, a network or a signature. */
  readonly live?: readonly string[]
}

const VECTORS: Readonly<Record<string, Vector>> = {
  'core.fsmonitor': { config: `[core]\n fsmonitor = ${script}\n`, live: ['status'] },
  'a hook of its own': {
    files: { '.git/hooks/pre-commit': `#!/bin/sh\ntouch ${marker}\n` },
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'core.hooksPath': {
    config: `[core]\n hooksPath = ${at('hooks')}\n`,
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'filter.clean': {
    config: `[filter "evil"]\n clean = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['add', 'a.txt'],
  },
  'filter.smudge': {
    config: `[filter "evil"]\n smudge = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['checkout', '-f', 'HEAD', '--', 'a.txt'],
  },
  'filter.process': {
    config: `[filter "evil"]\n process = ${script}\n`,
    attributes: '* filter=evil\n',
    live: ['add', 'a.txt'],
  },
  'filter.lfs.process': {
    config: `[filter "lfs"]\n process = ${script}\n clean = ${script}\n`,
    attributes: '* filter=lfs diff=lfs merge=lfs\n',
    live: ['add', 'a.txt'],
  },
  'a diff driver': {
    config: `[diff "evil"]\n command = ${script}\n`,
    attributes: '* diff=evil\n',
    live: ['diff'],
  },
  'diff.external': { config: `[diff]\n external = ${script}\n`, live: ['diff'] },
  textconv: { config: `[diff "evil"]\n textconv = ${script}\n`, attributes: '* diff=evil\n', live: ['diff'] },
  'a merge driver': {
    config: `[merge "evil"]\n driver = ${script} %O %A %B\n`,
    attributes: '* merge=evil\n',
    live: ['merge', '-q', 'other'],
  },
  'an alias': { config: `[alias]\n st = !${script}\n`, live: ['st'] },
  'core.pager': { config: `[core]\n pager = ${script}\n[pager]\n diff = ${script}\n log = ${script}\n` },
  'core.editor': { config: `[core]\n editor = ${script}\n`, live: ['commit', '--allow-empty'] },
  'gpg.program': {
    config: `[gpg]\n program = ${script}\n[commit]\n gpgSign = true\n`,
    live: ['commit', '-q', '--allow-empty', '-m', 'x'],
  },
  'core.sshCommand': {
    config: `[core]\n sshCommand = ${script}\n[remote "origin"]\n url = ssh://example.org/x\n`,
    live: ['fetch', 'origin'],
  },
  'include.path': {
    config: `[include]\n path = ${at('included')}\n[includeIf "gitdir:/"]\n path = ${at('included')}\n`,
    live: ['status'],
  },
  'credential.helper': {
    config: `[credential]\n helper = !${script}\n`,
  },
  'core.attributesFile': {
    config: `[core]\n attributesFile = ${at('attributes')}\n[filter "evil"]\n clean = ${script}\n`,
    live: ['add', 'a.txt'],
  },
  'uploadpack.packObjectsHook': { config: `[uploadpack]\n packObjectsHook = ${script}\n` },
  'a submodule that updates by a command': {
    config: `[submodule "x"]\n url = ./x\n update = !${script}\n active = true\n`,
    files: { '.gitmodules': `[submodule "x"]\n path = x\n url = ./x\n update = !${script}\n` },
  },
  'the ext:: transport': {
    config: `[remote "origin"]\n url = ext::${script} %S\n[protocol "ext"]\n allow = always\n`,
    live: ['fetch', 'origin'],
  },
  'configuration of a work tree': {
    config: '[extensions]\n worktreeConfig = true\n',
    files: { '.git/config.worktree': `[core]\n fsmonitor = ${script}\n` },
    live: ['status'],
  },
}

writeFiles(folder.path, { included: `[core]\n fsmonitor = ${script}\n`, attributes: '* filter=evil\n' })
mkdirSync(at('hooks'))
writeFileSync(at('hooks/pre-commit'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })

const nameOf = (name: string): string => name.replaceAll(/\W+/g, '-')

/** A repository with two branches that touch the same line, a dirty file, and the vector. */
function trap(name: string, { config = '', attributes = '', files = {} }: Vector): string {
  const path = at(nameOf(name))
  makeRepository(path, { 'a.txt': 'a\n', 'b.txt': 'b\n' })
  git(path, 'checkout', '-q', '-b', 'other')
  writeFiles(path, { 'b.txt': 'other\n' })
  git(path, 'commit', '-q', '-am', 'other')
  git(path, 'checkout', '-q', 'main')
  writeFiles(path, { 'b.txt': 'main\n', ...(attributes === '' ? {} : { '.gitattributes': attributes }) })
  git(path, 'add', '-A')
  git(path, 'commit', '-q', '-m', 'main')
  writeFiles(path, { 'a.txt': 'dirty\n', ...files })
  for (const file of Object.keys(files)) if (file.startsWith('.git/hooks/')) execMode(join(path, file))
  writeFileSync(join(path, '.git/config'), config, { flag: 'a' })
  return path
}

const execMode = (path: string): void => cpSync(script, path)

afterEach(() => {
  expect(existsSync(marker)).toBe(false)
})

describe('a program that a repository names', () => {
  for (const [name, vector] of Object.entries(VECTORS)) {
    const { live } = vector
    test.skipIf(live === undefined)(
      `${name} is run by plain git${live === undefined ? ' (takes a terminal or a server: not shown here)' : ''}`,
      () => {
        const path = trap(`live ${name}`, vector)
        try {
          git(path, ...(live ?? []))
        } catch {
          // The program is no honest one, so git may fail; what counts is that it was run.
        }
        expect(existsSync(marker)).toBe(true)
        rmSync(marker)
      },
    )

    test(`${name} is never run by the platform, and the content still arrives`, async () => {
      const path = trap(name, vector)
      const run = await openRun(repositories, path)
      const files = await run.listFiles(run.source.tree)
      expect(files.map((entry) => entry.path)).toContain('a.txt')
      expect(Buffer.from((await run.readFile(run.source.tree, 'a.txt')) ?? []).toString('utf8')).toBe('a\n')
      await run.diff(run.source.tree, run.source.tree)
      const { tree, commit } = run.source
      await run.commit({ tree, parent: commit, message: 'm', timestamp: 1 })
      await run.remove()
    })
  }
})

describe.skipIf(overlayObstacle !== undefined)(
  `the same in a .git that an agent made (${overlayObstacle ?? 'in a real overlay'})`,
  () => {
    let overlay: Overlay | undefined
    afterEach(() => overlay?.close())

    test('is neither run nor captured, for each of them', async () => {
      makeRepository(at('agent'), { 'a.txt': 'a\n' })
      const run = await openRun(repositories, at('agent'))
      overlay = await mountOverlay(run.checkout)
      for (const [name, vector] of Object.entries(VECTORS)) {
        const made = trap(`agent ${name}`, vector)
        const attributes = vector.attributes === undefined ? 'true' : `cp ${join(made, '.gitattributes')} .`
        overlay.run(`rm -rf .git; cp -r ${join(made, '.git')} .git; echo changed > a.txt; ${attributes}`)
        const { tree } = await run.captureTree(run.source.tree, overlayOf(overlay))
        const paths = (await run.listFiles(tree)).map((entry) => entry.path)
        expect(
          paths.filter((path) => path !== '.gitattributes'),
          name,
        ).toEqual(['a.txt'])
        const change = await run.diff(run.source.tree, tree)
        expect(change.patch, name).toContain('+changed')
        await run.checkoutTree(tree)
        expect(existsSync(marker), name).toBe(false)
      }
    })

    test('a .git file that points at another repository gives nothing of it away', async () => {
      makeRepository(at('victim'), { 'secret.txt': 'secret\n' })
      makeRepository(at('pointer'), { 'a.txt': 'a\n' })
      const run = await openRun(repositories, at('pointer'))
      overlay = await mountOverlay(run.checkout)
      overlay.run(`echo 'gitdir: ${at('victim')}/.git' > .git; mkdir sub; cp .git sub/.git; echo b > sub/b.txt`)
      const { tree } = await run.captureTree(run.source.tree, overlayOf(overlay))
      const paths = (await run.listFiles(tree)).map((entry) => entry.path)
      expect(paths).not.toContain('.git')
      expect(paths.filter((path) => path.includes('secret') || path.endsWith('.git'))).toEqual([])
    })
  },
)

describe('GIT-15 a source that is too large', () => {
  test('ends with its own code, for packs and for files; a small one is taken', async () => {
    const path = at('bomb')
    makeRepository(path, {
      'a.bin': Buffer.from(Array.from({ length: 3_000_000 }, () => Math.floor(Math.random() * 256))),
    })
    const small = createRepositories({ home: at('bomb-home'), limits: { pack_bytes: 500_000 } })
    await expect(small.resolve(path, null)).rejects.toMatchObject({ code: 'source_too_large' })
    const roomy = createRepositories({ home: at('bomb-roomy'), limits: { pack_bytes: 50_000_000 } })
    await expect(roomy.resolve(path, null)).resolves.toBeDefined()
    const files = createRepositories({ home: at('bomb-files'), limits: { files: 1 } })
    makeRepository(at('many'), { a: '1', b: '2' })
    await expect(openRun(files, at('many'))).rejects.toMatchObject({ code: 'source_too_large' })
  })

  test('a small pack that unfolds to a large file is refused by its size, not unpacked to the disk', async () => {
    makeRepository(at('unfold'), { 'zeros.bin': Buffer.alloc(80 * 1024 ** 2) })
    const limited = createRepositories({ home: at('unfold-home'), limits: { file_bytes: 1024 ** 2 } })
    const started = performance.now()
    await expect(openRun(limited, at('unfold'))).rejects.toMatchObject({ code: 'source_too_large' })
    expect(performance.now() - started).toBeLessThan(30_000)
  })
})
