import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createRedactor } from '#evidence-plane/redaction'
import { createLocaliseIssue } from '../../../src/main/localise-issue.ts'

const world = mkdtempSync(join(tmpdir(), 'gander-localise-'))
const repository = join(world, 'repository')
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', repository, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    encoding: 'utf8',
  }).trim()
const ISSUE = 'Retry delay is ignored\n\n`retryDelay` is never used when a request fails.'

beforeAll(() => {
  mkdirSync(join(repository, 'src'), { recursive: true })
  git('init', '-q', '-b', 'main')
  writeFileSync(
    join(repository, 'src/retry.ts'),
    'export function retryDelay(request: number) {\n  return request\n}\n',
  )
  writeFileSync(join(repository, 'src/wait.ts'), 'export function pause(delay: number) {\n  return delay\n}\n')
  writeFileSync(join(repository, 'src/vendor.js'), `${'retryDelay();'.repeat(4_000_000)}\n`)
  writeFileSync(join(repository, 'src', Buffer.from([0xff, 0x2e, 0x70, 0x79]).toString('latin1')), 'delay = 1\n')
  symlinkSync('.', join(repository, 'src/loop'))
  git('add', '-A')
  git('commit', '-q', '-m', 'feat: waiting')
})
afterAll(() => rmSync(world, { recursive: true, force: true }))

const localise = (env: Readonly<Record<string, string>> = {}, home = 'home') =>
  createLocaliseIssue({ home: join(world, home), env, redactor: createRedactor() })
const pathsOf = (found: { readonly files: readonly { readonly path: string }[] }) => found.files.map(({ path }) => path)

describe('localising an issue in a repository of this machine', () => {
  it('finds the file beside a link to itself, a name that is no text and fifty megabytes on one line', async () => {
    const found = await localise()({ repository, at: null, issue: ISSUE, top: 3 })
    expect(found.files[0]).toMatchObject({ path: 'src/retry.ts', functions: [{ name: 'retryDelay', start_line: 1 }] })
    expect(pathsOf(found)).not.toContain('src/vendor.js')
    const again = await localise()({ repository, at: 'main', issue: ISSUE, top: 3 })
    expect(again).toEqual(found)
  })

  it('says what is wrong with what is no repository, is empty, or is no commit', async () => {
    const asked = { at: null, issue: ISSUE, top: 3 }
    const nothing = join(world, 'nothing')
    mkdirSync(nothing)
    await expect(localise()({ ...asked, repository: nothing })).rejects.toMatchObject({ code: 'repository_not_found' })
    execFileSync('git', ['init', '-q', nothing])
    await expect(localise()({ ...asked, repository: nothing })).rejects.toMatchObject({ code: 'repository_empty' })
    for (const at of ['gone', git('rev-parse', 'HEAD^{tree}'), git('rev-parse', 'HEAD:src/retry.ts')])
      await expect(localise()({ ...asked, repository, at })).rejects.toMatchObject({ code: 'ref_not_found' })
  })

  it('names no file for an issue that says nothing of the commit, and says why', async () => {
    for (const issue of ['', '\0\0\x01', '画面が表示されない', '![shot](https://example.org/a.png)']) {
      const found = await localise()({ repository, at: null, issue, top: 3 })
      expect(found.files, issue).toEqual([])
      expect(found.notes.join(' '), issue).toMatch(/nothing/i)
    }
  })
})

describe('an embedding model that is configured', () => {
  const servers: Server[] = []
  afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))))

  /** A model for which a text is what `of` says; keeps what it was asked. */
  async function model(answer: (texts: readonly string[]) => { readonly status: number; readonly body: string }) {
    const asked: { readonly texts: readonly string[]; readonly key: string | undefined }[] = []
    const server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const { input } = JSON.parse(Buffer.concat(pieces).toString('utf8')) as { readonly input: readonly string[] }
        asked.push({ texts: input, key: request.headers.authorization })
        const { status, body } = answer(input)
        response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    servers.push(server)
    const bound = server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    return { asked, env: { GANDER_EMBEDDINGS_URL: `http://127.0.0.1:${port}/v1`, GANDER_EMBEDDINGS_MODEL: 'near' } }
  }

  const near = (texts: readonly string[]) => ({
    status: 200,
    body: JSON.stringify({
      data: texts
        .map((text, index) => ({ index, embedding: /wait\.ts|^Retry/.test(text) ? [1, 0.1] : [0.1, 1] }))
        .toReversed(),
    }),
  })

  it('orders the likeliest files anew, says so, and is asked for a text once', async () => {
    const { asked, env } = await model(near)
    const request = { repository, at: null, issue: ISSUE, top: 3 }
    expect(pathsOf(await localise()(request)).at(-1)).toBe('src/wait.ts')
    const found = await localise({ ...env, GANDER_EMBEDDINGS_KEY: 'key-of-it' })(request)
    expect(pathsOf(found).slice(0, 2)).toEqual(['src/retry.ts', 'src/wait.ts'])
    expect(found.files[1]?.reasons.at(-1)).toMatch(/embedding model/)
    expect(asked[0]?.key).toBe('Bearer key-of-it')
    const texts = asked.flatMap((one) => one.texts)
    expect(new Set(texts).size).toBe(texts.length)
    expect(await localise({ ...env, GANDER_EMBEDDINGS_KEY: 'key-of-it' })(request)).toEqual(found)
    expect(asked.flatMap((one) => one.texts)).toHaveLength(texts.length)
  })

  it('is sent no secret', async () => {
    const { asked, env } = await model(near)
    const secret = `ghp_${'Ab1'.repeat(12)}`
    await localise(env, 'other')({ repository, at: null, issue: `${ISSUE} token ${secret}`, top: 2 })
    expect(JSON.stringify(asked)).not.toContain(secret)
    expect(asked.length).toBeGreaterThan(0)
  })

  it.each([
    ['fails', () => ({ status: 500, body: '' })],
    ['gives too few', () => ({ status: 200, body: '{"data":[]}' })],
    [
      'gives no numbers',
      (texts: readonly string[]) => ({
        status: 200,
        body: JSON.stringify({ data: texts.map(() => ({ embedding: ['x'] })) }),
      }),
    ],
    ['gives no JSON', () => ({ status: 200, body: '<html>' })],
  ])('that %s changes nothing, and the answer says so', async (_, answer) => {
    const { env } = await model(answer)
    const request = { repository, at: null, issue: ISSUE, top: 2 }
    const without = await localise()(request)
    const found = await localise(env, 'third')(request)
    expect(found.files).toEqual(without.files)
    expect(found.notes.at(-1)).toMatch(/embedding model gave no answer/)
  })

  it('on another machine without https, or half configured, is not asked', async () => {
    const request = { repository, at: null, issue: ISSUE, top: 1 }
    const plain = { GANDER_EMBEDDINGS_URL: 'http://models.example.org/v1', GANDER_EMBEDDINGS_MODEL: 'near' }
    expect((await localise(plain)(request)).notes.at(-1)).toMatch(/must be reached by https/)
    expect((await localise({ GANDER_EMBEDDINGS_MODEL: 'near' })(request)).notes.at(-1)).toMatch(/EMBEDDINGS_URL/)
    expect((await localise({ GANDER_EMBEDDINGS_URL: plain.GANDER_EMBEDDINGS_URL })(request)).notes.at(-1)).toMatch(
      /EMBEDDINGS_MODEL/,
    )
  })
})
