import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMapCommit } from '../../../src/main/map-commit.ts'

const world = mkdtempSync(join(tmpdir(), 'gander-map-'))
const repository = join(world, 'repository')
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', repository, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    encoding: 'utf8',
  }).trim()
const mapCommit = createMapCommit(join(world, 'home'))

beforeAll(() => {
  mkdirSync(join(repository, 'src'), { recursive: true })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(repository, 'src/a.py'), 'def first():\n    return 1\n')
  symlinkSync('.', join(repository, 'src/loop'))
  writeFileSync(join(repository, 'src', Buffer.from([0xff, 0x2e, 0x70, 0x79]).toString('latin1')), '')
  git('add', '-A')
  git('commit', '-q', '-m', 'feat: first')
  writeFileSync(join(repository, 'src/b.py'), 'from a import first\n')
  git('add', '-A')
  git('commit', '-q', '-m', 'feat: second')
})
afterAll(() => rmSync(world, { recursive: true, force: true }))

describe('mapping a repository of this machine', () => {
  it('maps the commit that is asked for, of a checkout and of a bare clone alike', async () => {
    const head = await mapCommit({ repository, at: null })
    expect(head.commit).toBe(git('rev-parse', 'HEAD'))
    expect(head.dependency.files.entries).toEqual([{ path: 'src/b.py', imports: { entries: ['src/a.py'], more: 0 } }])
    expect(head.file.kinds.link).toBe(1)
    const before = await mapCommit({ repository, at: 'HEAD~1' })
    expect(before.commit).toBe(git('rev-parse', 'HEAD~1'))
    expect(before.dependency.edges).toBe(0)
    execFileSync('git', ['clone', '-q', '--bare', repository, join(world, 'bare')])
    const bare = await mapCommit({ repository: join(world, 'bare'), at: null })
    expect({ ...bare, repository: '' }).toEqual({ ...head, repository: '' })
  })

  it('knows people of the history as digests alone', async () => {
    const maps = await mapCommit({ repository, at: null })
    const [folder] = maps.ownership.history.folders.entries
    expect(folder).toMatchObject({ path: 'src', changes: 2, authors: { entries: [{ changes: 2 }] } })
    expect(folder?.authors.entries[0]?.id).toMatch(/^[0-9a-f]{12}$/)
    expect(JSON.stringify(maps)).not.toMatch(/ada@|Ada/)
  })

  it('says what is wrong with a folder that is no repository, and with one that has no commit', async () => {
    const empty = join(world, 'empty')
    mkdirSync(empty)
    await expect(mapCommit({ repository: empty, at: null })).rejects.toMatchObject({ code: 'repository_not_found' })
    execFileSync('git', ['init', '-q', empty])
    await expect(mapCommit({ repository: empty, at: null })).rejects.toMatchObject({ code: 'repository_empty' })
    await expect(mapCommit({ repository, at: 'gone' })).rejects.toMatchObject({ code: 'ref_not_found' })
  })
})
