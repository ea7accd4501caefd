import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { tokenCounterOf } from '#execution-plane/context'
import { createCodeShelf, viewCode, type CommitSource } from './index.ts'

const counter = tokenCounterOf(null)
const never = () => new Promise<void>(() => undefined)
const blobOf = (content: string | Uint8Array): string => createHash('sha1').update(content).digest('hex')

type Files = Readonly<Record<string, string | Uint8Array>>

function sourceOf(files: Files, over: Partial<CommitSource> = {}): CommitSource {
  const list = Object.entries(files)
    .map(([path, content]) => ({ path, mode: '100644', blob: blobOf(content), bytes: Buffer.byteLength(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const contents = new Map(Object.values(files).map((content) => [blobOf(content), Buffer.from(content)]))
  return {
    tenant_id: 'tenant_a',
    repository: 'acme/shop',
    commit: blobOf(JSON.stringify(Object.keys(files))),
    list,
    read: async (blob) => contents.get(blob),
    past: async () => [
      { message: 'feat: begin', time: 1, paths: [] },
      { message: 'fix: go on', time: 0, paths: [] },
    ],
    ...over,
  }
}

/** Most tests ask of the same commit, which is indexed once. */
const SHARED = createCodeShelf()

const view = (source: CommitSource, issue: string, room = 6_000, shelf = SHARED) =>
  viewCode(shelf, source, { issue, room, counter, patience: never })

const filler = (n: number): string =>
  Array.from({ length: n }, (_, at) => `export function other${at}(x) {\n  return x + ${at}\n}\n`).join('\n')
const PARSER = `import { fail } from './fail.js'\n\n${filler(80)}\n/** Reads a date. */\nexport function parseDate(text) {\n  if (text === '') return fail('empty date')\n  return new Date(text)\n}\n\n${filler(80)}`

const SHOP: Files = {
  'src/parse-date.js': PARSER,
  'src/fail.js': 'export const fail = (why) => { throw new Error(why) }\n',
  'src/cart.js': filler(60),
  'test/parse-date.test.js': "import { parseDate } from '../src/parse-date.js'\nparseDate('2026-01-01')\n",
  'vendor/parse-date.js': 'export function parseDate() {}\n',
  'logo.png': Uint8Array.from([137, 80, 78, 71, 0, 0, 0]),
  'package.json': JSON.stringify({ name: 'shop', scripts: { test: 'node --test' } }),
  CODEOWNERS: 'src/** @acme/dates\n',
}
const ISSUE = 'parseDate throws for an empty date\nCalling `parseDate("")` fails.'

describe('what is shown of code', () => {
  it('is the body of the likely function, and the names of what else its file declares', async () => {
    const { likely, slices } = await view(sourceOf(SHOP), ISSUE)
    expect(likely[0]?.path).toBe('src/parse-date.js')
    expect(likely[0]?.functions[0]?.name).toBe('parseDate')
    const [first] = slices
    expect(first?.path).toBe('src/parse-date.js')
    expect(first?.text).toContain("return fail('empty date')")
    expect(first?.text).toMatch(/\[declared in it, by line\]\n3 export function other0\(x\)/)
    expect(first?.text).not.toContain('return x + 150')
    expect(first?.reasons.length).toBeGreaterThan(0)
  })

  it('stands at the lines that it says', async () => {
    const { slices } = await view(sourceOf(SHOP), ISSUE)
    for (const { path, line_range, text } of slices) {
      const lines = String(SHOP[path]).split('\n')
      for (const range of line_range.split(',').filter((each) => each !== '')) {
        const [start = 0, end = 0] = range.split('-').map(Number)
        expect(text).toContain(lines.slice(start - 1, end).join('\n'))
      }
    }
  })

  it('is neither vendored nor binary', async () => {
    const { slices } = await view(sourceOf(SHOP), ISSUE)
    const paths = slices.map(({ path }) => path)
    expect(paths).toContain('src/fail.js')
    expect(paths).not.toContain('vendor/parse-date.js')
    expect(paths).not.toContain('logo.png')
  })

  it.each([0, 300, 1_000, 4_000, 40_000])('fits %i tokens', async (room) => {
    const { slices } = await view(sourceOf(SHOP), ISSUE, room)
    const spent = slices.reduce((sum, { text, path }) => sum + counter.count(text) + counter.count(path), 0)
    expect(spent).toBeLessThanOrEqual(room)
  })

  it('comes with the maps on a page, and with owners and the command for the likely files', async () => {
    const { map, packet, notes } = await view(sourceOf(SHOP), ISSUE)
    expect(map).toContain('build system npm')
    expect(map).toContain('npm test')
    expect(packet?.owners).toEqual(['@acme/dates'])
    expect(packet?.likely_files.tests).toEqual(['test/parse-date.test.js'])
    expect(notes).toEqual([])
  })

  it('has the same page of maps for the next commit, where that changes what functions do', async () => {
    const next = { ...SHOP, 'src/fail.js': 'export const fail = (why) => {\n  throw new TypeError(why)\n}\n' }
    const one = await view(sourceOf(SHOP), ISSUE)
    const two = await view(sourceOf(next), ISSUE, 6_000, createCodeShelf())
    expect(two.map).toBe(one.map)
  })

  it('is equal for equal commits and issues', async () =>
    expect(await view(sourceOf(SHOP), ISSUE)).toEqual(await view(sourceOf(SHOP), ISSUE, 6_000, createCodeShelf())))
})

describe('what is missing is said and ends nothing', () => {
  it.each([
    [
      'a history that is not on this machine',
      { past: async () => undefined },
      /Past changes told nothing.*not on this machine/,
    ],
    ['a history that cannot be read', { past: () => Promise.reject(new Error('git is gone')) }, /git is gone/],
    [
      'an index that cannot be made',
      { read: () => Promise.reject(new Error('no such object')) },
      /could not be made.*no such object/,
    ],
  ] satisfies readonly (readonly [string, Partial<CommitSource>, RegExp])[])('%s', async (_what, over, note) => {
    const { notes, map } = await view(sourceOf(SHOP, over), ISSUE, 6_000, createCodeShelf())
    expect(notes.join(' ')).toMatch(note)
    expect(map).toMatch(/\b8 files/)
  })

  it('an index that comes too late: files that the task names are shown by their beginnings', async () => {
    const slow = sourceOf(SHOP, { past: () => new Promise(() => undefined) })
    const issue = `${ISSUE}\nSee src/cart.js.`
    const found = await viewCode(createCodeShelf(), slow, {
      issue,
      room: 4_000,
      counter,
      patience: async () => undefined,
    })
    expect(found.notes).toEqual([expect.stringContaining('not ready in time')])
    expect(found.slices.map(({ path, line_range }) => [path, line_range])).toEqual([['src/cart.js', '1-120']])
    expect(found.map).toContain('only their names are known')
  })

  it.each([
    ['an empty issue', '\n', SHOP],
    ['an issue of stop words', 'it is not\nof the', SHOP],
    [
      'a repository of only binary files',
      ISSUE,
      { 'a.png': Uint8Array.from([0, 1]), 'b.bin': Uint8Array.from([0, 2]) },
    ],
    ['an empty repository', ISSUE, {}],
  ] satisfies readonly (readonly [string, string, Files])[])('%s', async (_what, issue, files) => {
    const { slices, notes, likely } = await view(sourceOf(files), issue)
    expect([slices, likely]).toEqual([[], []])
    expect(notes.length).toBeGreaterThan(0)
  })

  it.each([
    ['Indonesian', 'Tanggal kosong gagal dibaca\nMemanggil `parseDate("")` menyebabkan kesalahan.'],
    ['Japanese', '空の日付で失敗する\n`parseDate("")` を呼ぶと例外になります。'],
  ])('an issue in %s is found by what it names', async (_language, issue) =>
    expect((await view(sourceOf(SHOP), issue)).likely[0]?.path).toBe('src/parse-date.js'),
  )

  it('an issue of 1 MB is read by its beginning', async () => {
    const { likely } = await view(sourceOf(SHOP), `${ISSUE}\n${'noise of a log 0x1f\n'.repeat(50_000)}`)
    expect(likely[0]?.path).toBe('src/parse-date.js')
  })
})

describe('the shelf of commits', () => {
  it('lets a second run on a commit read nothing again but what it shows', async () => {
    let reads = 0
    const counted = sourceOf(SHOP)
    const source = { ...counted, read: (blob: string) => counted.read(blob).finally(() => (reads += 1)) }
    const shelf = createCodeShelf()
    await view(source, ISSUE, 6_000, shelf)
    const first = reads
    reads = 0
    const { slices } = await view(source, ISSUE, 6_000, shelf)
    expect(reads).toBeLessThanOrEqual(slices.length + 2)
    expect(reads).toBeLessThan(first)
  })

  it('shows one tenant nothing that another looked at', async () => {
    const shelf = createCodeShelf()
    const one = shelf.open(sourceOf(SHOP))
    expect(shelf.open(sourceOf(SHOP))).toBe(one)
    expect(shelf.open(sourceOf(SHOP, { tenant_id: 'tenant_b' }))).not.toBe(one)
    await one.mapped
  })

  it('keeps nothing that failed', async () => {
    const shelf = createCodeShelf()
    const failing = shelf.open(sourceOf(SHOP, { read: () => Promise.reject(new Error('busy')) }))
    await expect(failing.mapped).rejects.toThrow('busy')
    await Promise.resolve()
    expect(shelf.open(sourceOf(SHOP))).not.toBe(failing)
  })
})
