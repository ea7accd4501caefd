import { cpSync, lstatSync, mkdirSync, rmSync, writeFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRepositories } from '#adapters/git'
import type { RunRepository } from '#ports'
import { makeRepository, openRun, temporaryFolder } from './fixtures.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const repositories = createRepositories({ home: join(folder.path, 'home') })
const copy = join(folder.path, 'copy')

let run: RunRepository
let base: string

beforeAll(async () => {
  const repository = join(folder.path, 'repository')
  makeRepository(repository, {
    'README.md': 'hello\n',
    'bin/tool': '#!/bin/sh\n',
    'src/a.ts': 'a\n',
    'src/deep/c.ts': 'c\n',
    'link.md': { link: 'README.md' },
    '.gitignore': 'dist/\n',
  })
  run = await openRun(repositories, repository)
  base = run.source.tree
})
beforeEach(() => {
  rmSync(copy, { recursive: true, force: true })
  cpSync(run.checkout, copy, { recursive: true, verbatimSymlinks: true })
})

const captured = async (refused: readonly { readonly path: string; readonly reason: string }[] = []) => {
  const result = await run.captureTree(base, { kind: 'whole', folder: copy, refused })
  const { files } = await run.diff(base, result.tree)
  return { ...result, paths: files.map((file) => file.path).toSorted() }
}

describe('a whole copy of a tree', () => {
  test('that is the checkout as it was is the base tree', async () => {
    expect(await captured()).toMatchObject({ tree: base, refused: [] })
  })

  test('shows what was added, changed, made executable and deleted, and leaves out what is ignored', async () => {
    writeFileSync(join(copy, 'README.md'), 'changed\n')
    writeFileSync(join(copy, 'src/new.ts'), 'new\n')
    chmodSync(join(copy, 'bin/tool'), 0o755)
    rmSync(join(copy, 'src/deep'), { recursive: true })
    mkdirSync(join(copy, 'dist'))
    writeFileSync(join(copy, 'dist/out.js'), 'out')
    expect((await captured()).paths).toEqual(['README.md', 'bin/tool', 'src/deep/c.ts', 'src/new.ts'])
  })

  test('deletes at the top as well, and keeps what could not be copied as it was, with its reason', async () => {
    rmSync(join(copy, 'README.md'))
    rmSync(join(copy, 'src/a.ts'))
    const refused = [{ path: 'src/a.ts', reason: 'it is a fifo' }]
    const result = await captured(refused)
    expect(result.paths).toEqual(['README.md'])
    expect(result.refused).toEqual(refused)
  })

  test('is read again where a file changed between two captures', async () => {
    const first = await captured()
    writeFileSync(join(copy, 'src/a.ts'), 'b\n')
    const second = await captured()
    expect(first.tree).toBe(base)
    expect(second.paths).toEqual(['src/a.ts'])
    expect(lstatSync(join(copy, 'src/a.ts')).size).toBe(2)
  })
})
