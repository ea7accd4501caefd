import { existsSync, rmSync } from 'node:fs'
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
  type Overlay,
} from '../integration/git/fixtures.ts'
import { openHostileGround } from './git-hostile-ground.ts'

const ground = openHostileGround()
afterAll(ground.remove)
const { repositories, at, marker, trap, vectors } = ground

afterEach(() => {
  expect(existsSync(marker)).toBe(false)
})

describe('a program that a repository names', () => {
  test('is named in each way of the catalogue', () => {
    expect(Object.keys(vectors)).toHaveLength(30)
  })

  for (const [name, vector] of Object.entries(vectors)) {
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
      for (const [name, vector] of Object.entries(vectors)) {
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
