import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRepositories } from '#adapters/git'
import { startGitServer, type GitServer } from '../../support/git-server.ts'
import { git, makeRepository, temporaryFolder, writeFiles } from './fixtures.ts'

const folder = temporaryFolder()
const repositories = createRepositories({ home: join(folder.path, 'home') })
const at = join(folder.path, 'served', 'diverged')
let fork: string
let server: GitServer

beforeAll(async () => {
  const first = makeRepository(at, { 'a.txt': 'a\n' })
  const added = (name: string) => {
    writeFiles(at, { [name]: `${name}\n` })
    git(at, 'add', '-A')
    git(at, 'commit', '-q', '-m', name)
    return git(at, 'rev-parse', 'HEAD')
  }
  fork = added('before.txt')
  git(at, 'checkout', '-q', '-b', 'feature')
  added('of-feature.txt')
  git(at, 'checkout', '-q', 'main')
  added('of-main.txt')
  git(at, 'checkout', '-q', '--orphan', 'apart', first)
  added('apart.txt')
  git(at, 'checkout', '-q', 'main')
  server = await startGitServer({ root: join(folder.path, 'served') })
})
afterAll(async () => {
  await server.close()
  folder.remove()
})

const between = async (repository: string, base: string, head: string) =>
  repositories.mergeBase(await repositories.resolve(repository, base), await repositories.resolve(repository, head))

it.each(['a path', 'a remote that leaves files out', 'a remote that cannot'])(
  'branches that diverged come from the commit both have, by %s',
  async (how) => {
    git(at, 'config', 'uploadpack.allowFilter', String(!how.endsWith('cannot')))
    const found = await between(how === 'a path' ? at : `${server.url}/diverged/.git`, 'main', 'feature')
    expect(found).toMatchObject({ commit: fork, tree: git(at, 'rev-parse', `${fork}^{tree}`), ref: 'main' })
  },
)

it('a branch that is not behind comes from its base as it is, and one that shares nothing from nowhere', async () => {
  expect(await between(at, fork, 'feature')).toMatchObject({ commit: fork })
  expect(await between(at, 'feature', 'feature')).toMatchObject({ commit: git(at, 'rev-parse', 'feature') })
  expect(await between(at, 'main', 'apart')).toBeUndefined()
  expect(await between(`${server.url}/diverged/.git`, 'main', 'apart')).toBeUndefined()
})
