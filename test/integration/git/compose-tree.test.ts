import { afterAll, describe, expect, it } from 'vitest'
import type { RunRepository, TreeEdit } from '#ports'
import { makeRepository } from './fixtures.ts'
import { openedRuns } from './opened-runs.ts'

const { at, derive, open, remove } = openedRuns()
afterAll(remove)

const BASE = { 'src/a.txt': 'a\n', 'tests/one.txt': '1\n', 'tests/deep/two.txt': '2\n', 'z.txt': 'z\n' }

const pathsOf = async (run: RunRepository, tree: string) => (await run.listFiles(tree)).map(({ path }) => path)

describe('a composed tree', () => {
  it('is the one that git itself writes for the same files', async () => {
    makeRepository(at('same'), BASE)
    const run = await open(at('same'))
    const head = derive(run, { 'src/a.txt': 'changed\n', 'tests/one.txt': 'new\n', 'tests/deep/new/ö.txt': '3\n' })
    const wanted = derive(run, { 'tests/one.txt': 'new\n', 'tests/deep/new/ö.txt': '3\n' })
    const files = await run.listFiles(head)
    const edits = files.flatMap(({ path, mode, blob }): TreeEdit[] =>
      path.startsWith('tests/') ? [{ path, put: { mode, blob } }] : [],
    )
    expect(await run.composeTree(run.source.tree, edits)).toBe(wanted)
    expect(await run.composeTree(run.source.tree, [])).toBe(run.source.tree)
  })

  it('loses a folder with its last file, and takes new text as a plain file', async () => {
    makeRepository(at('gone'), BASE)
    const run = await open(at('gone'))
    const edits: TreeEdit[] = [
      { path: 'tests/deep/two.txt', put: null },
      { path: 'z.txt', put: { content: 'Z\n' } },
      { path: 'nowhere/at/all', put: null },
    ]
    const tree = await run.composeTree(run.source.tree, edits)
    expect(await pathsOf(run, tree)).toEqual(['src/a.txt', 'tests/one.txt', 'z.txt'])
    expect(tree).toBe(await run.composeTree(run.source.tree, edits.toReversed()))
    expect(new TextDecoder().decode(await run.readFile(tree, 'z.txt'))).toBe('Z\n')
  })
})
