import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryMapsSchema } from '../../../src/execution-plane/repository-intelligence/index.ts'
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

  it('says of a shallow clone that its history is not all there, and guesses nothing from where it was cut', async () => {
    const clone = join(world, 'shallow')
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository}`, clone])
    const { history } = (await mapCommit({ repository: clone, at: null })).ownership
    expect(history).toMatchObject({
      commits: 1,
      shallow: true,
      folders: { entries: [] },
      most_changed: { entries: [] },
    })
    expect((await mapCommit({ repository, at: null })).ownership.history.shallow).toBe(false)
  })

  it('maps what nobody would make on purpose: odd names, submodules, fifty megabytes on one line, manifests that are none', async () => {
    const odd = join(world, 'odd')
    mkdirSync(join(odd, 'src'), { recursive: true })
    const inside = (...args: readonly string[]) =>
      execFileSync('git', ['-C', odd, '-c', 'user.name=dependabot[bot]', '-c', 'user.email=bot@example.org', ...args])
    inside('init', '-q')
    for (const [path, content] of ODD_FILES) writeFileSync(join(odd, path), content)
    writeFileSync(join(odd, 'src/huge.min.js'), Buffer.alloc(50_000_000, 'x=1;'))
    symlinkSync('src', join(odd, 'src/around'))
    inside('add', '-A')
    inside('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},third-party`)
    inside('commit', '-q', '-m', 'all of it')
    const maps = await mapCommit({ repository: odd, at: null })
    expect(repositoryMapsSchema.parse(structuredClone(maps))).toEqual(maps)
    expect(maps.file.files).toBe(ODD_FILES.length + 3)
    expect(maps.file.kinds).toMatchObject({ link: 2, minified: 1 })
    expect(maps.dependency.files.entries).toContainEqual({
      path: 'src/one.py',
      imports: { entries: ['src/two.py'], more: 0 },
    })
    expect(maps.ownership.history).toMatchObject({ commits: 1, of_bots: 1, folders: { entries: [] } })
    expect(maps.convention.commits).toBeNull()
  })
})

/** Each breaks an assumption that somebody makes of a file of its name. */
const ODD_FILES: readonly (readonly [path: string, content: string | Uint8Array])[] = [
  ['package.json', '['.repeat(20_000)],
  ['composer.json', '[1, 2]'],
  ['pyproject.toml', `a = ${'['.repeat(5_000)}`],
  ['Cargo.toml', '[workspace]\nmembers = 3\n'],
  ['src/one.py', 'from two import a\r\ndef b():\r\n    pass\r\n'],
  ['src/two.py', 'from one import b\r\ndef a():\r\n    pass\r\n'],
  ['src/wide.cs', Buffer.from('\ufeffclass Wide {}', 'utf16le')],
  ['src/new\nline "and" quote.ts', 'export const a = 1\n'],
  ['CODEOWNERS', '\u0000'],
]
