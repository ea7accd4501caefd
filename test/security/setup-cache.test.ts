import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createSetupCache } from '#adapters/setup-cache'
import type { TenantId } from '#domain/ids'
import type { SetupCacheKey } from '#ports'

const root = mkdtempSync(join(tmpdir(), 'gander-setups-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const ONE = 'ten_one' as TenantId
const OTHER = 'ten_other' as TenantId
const DIGEST = 'ab'.repeat(32)
const key = (more: Partial<SetupCacheKey> = {}): SetupCacheKey => ({
  tenant: ONE,
  trust: 'operator',
  digest: DIGEST,
  ...more,
})

let home: string
let layers = 0
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'))
})
const fresh = () => join(root, `layer-${layers++}`)

/** A layer as a setup leaves it: packages with a program, a link, and a folder that is closed to writing. */
function makeLayer(text = 'module.exports = 1\n'): string {
  const layer = fresh()
  for (const folder of ['tree/node_modules/ms', 'tree/node_modules/.bin', 'home/go/pkg'])
    mkdirSync(join(layer, folder), { recursive: true })
  writeFileSync(join(layer, 'tree/node_modules/ms/index.js'), text)
  writeFileSync(join(layer, 'tree/node_modules/ms/cli.js'), '#!/usr/bin/env node\n', { mode: 0o755 })
  symlinkSync('../ms/cli.js', join(layer, 'tree/node_modules/.bin/ms'))
  writeFileSync(join(layer, 'home/go/pkg/mod'), '')
  utimesSync(join(layer, 'tree/node_modules/ms/index.js'), 1_700_000_000, 1_700_000_000)
  execFileSync('chmod', ['555', join(layer, 'home/go/pkg')])
  return layer
}
const archives = () =>
  existsSync(join(home, 'cache/setups'))
    ? readdirSync(join(home, 'cache/setups'), { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.setup/.test(path),
      )
    : []
const archive = () => join(home, 'cache/setups', archives()[0] ?? '')
const restored = async (wanted: SetupCacheKey) => {
  const layer = fresh()
  return { layer, ...(await createSetupCache({ home }).restore(wanted, layer)) }
}

describe('a kept setup (SU-05)', () => {
  it('comes back byte for byte with links, modes and times, for the run it was kept for', async () => {
    expect(await createSetupCache({ home }).keep(key(), makeLayer())).toBe('kept')
    const { layer, kind } = await restored(key())
    expect(kind).toBe('restored')
    const module = join(layer, 'tree/node_modules/ms')
    expect(readFileSync(join(module, 'index.js'), 'utf8')).toBe('module.exports = 1\n')
    expect(statSync(join(module, 'index.js')).mtimeMs).toBe(1_700_000_000_000)
    expect(statSync(join(module, 'cli.js')).mode & 0o777).toBe(0o755)
    expect(readlinkSync(join(layer, 'tree/node_modules/.bin/ms'))).toBe('../ms/cli.js')
    expect(statSync(join(layer, 'home/go/pkg')).mode & 0o777).toBe(0o555)
    expect(statSync(archive()).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['another tenant', { tenant: OTHER }],
    ['a less trusted label', { trust: 'unknown' }],
    ['another lockfile', { digest: 'cd'.repeat(32) }],
  ] as const)('is not there for %s', async (_, more) => {
    await createSetupCache({ home }).keep(key(), makeLayer())
    expect((await restored(key(more))).kind).toBe('absent')
    expect((await restored(key())).kind).toBe('restored')
  })

  it.each([
    ['another tenant', { tenant: OTHER }],
    ['a more trusted run', { trust: 'operator', tenant: ONE }],
    ['another lockfile', { digest: 'cd'.repeat(32) }],
  ] as const)('that is moved to where %s looks is refused there and removed', async (_, more) => {
    const cache = createSetupCache({ home })
    await cache.keep(key({ trust: 'member' }), makeLayer('poison'))
    const from = archive()
    await cache.keep(key(more), makeLayer())
    const to = archives()
      .map((path) => join(home, 'cache/setups', path))
      .find((path) => path !== from)
    copyFileSync(from, to ?? '')
    const { layer, ...answer } = await restored(key(more))
    expect(answer).toEqual({ kind: 'refused', reason: expect.stringMatching(/seal/) })
    expect(existsSync(layer)).toBe(false)
    expect(existsSync(to ?? '')).toBe(false)
  })

  const HARM: readonly (readonly [what: string, harm: (path: string) => void])[] = [
    ['a changed byte of a file', (path) => flip(path, 3)],
    ['a changed byte of the list', (path) => flip(path, statSync(path).size - 700)],
    ['a changed byte of the seal', (path) => flip(path, statSync(path).size - 20)],
    ['a cut end', (path) => truncateSync(path, statSync(path).size - 5)],
    ['nothing left', (path) => truncateSync(path, 0)],
    ['bytes added in front', (path) => writeFileSync(path, Buffer.concat([Buffer.from('x'), readFileSync(path)]))],
    ['a link in its place', (path) => replaced(path, () => symlinkSync('/etc/passwd', path))],
    ['a folder in its place', (path) => replaced(path, () => mkdirSync(path))],
    ['a pipe in its place', (path) => replaced(path, () => execFileSync('mkfifo', [path]))],
  ]
  it.each(HARM)('with %s is refused, leaves no layer, and the next run installs and keeps it anew', async (_, harm) => {
    const cache = createSetupCache({ home })
    await cache.keep(key(), makeLayer())
    harm(archive())
    const { layer, kind } = await restored(key())
    expect(kind).toBe('refused')
    expect(existsSync(layer)).toBe(false)
    expect((await restored(key())).kind).toBe('absent')
    expect(await cache.keep(key(), makeLayer())).toBe('kept')
    expect((await restored(key())).kind).toBe('restored')
  })

  it('that another machine sealed is refused', async () => {
    await createSetupCache({ home }).keep(key(), makeLayer())
    rmSync(join(home, 'setup-cache.key'))
    expect((await restored(key())).kind).toBe('refused')
  })

  it('holds no link that leads a restore outside, and what a link points to is not read', async () => {
    const layer = makeLayer()
    symlinkSync('/etc', join(layer, 'tree/etc'))
    expect(await createSetupCache({ home }).keep(key(), layer)).toBe('kept')
    expect(readFileSync(archive(), 'latin1')).not.toContain('root:')
    const back = await restored(key())
    expect(lstatSync(join(back.layer, 'tree/etc')).isSymbolicLink()).toBe(true)
  })

  it('of a layer with a pipe or a device in it is not kept at all', async () => {
    const layer = makeLayer()
    execFileSync('mkfifo', [join(layer, 'tree/pipe')])
    expect(await createSetupCache({ home }).keep(key(), layer)).toBe('not_plain')
    expect(archives()).toEqual([])
  })

  it('gives up set-user-id', async () => {
    const layer = makeLayer()
    execFileSync('chmod', ['6755', join(layer, 'tree/node_modules/ms/cli.js')])
    await createSetupCache({ home }).keep(key(), layer)
    const back = await restored(key())
    expect(statSync(join(back.layer, 'tree/node_modules/ms/cli.js')).mode & 0o7777).toBe(0o755)
  })
})

describe('the room of kept setups', () => {
  it('is bounded: what was not used for longest goes first, and too large a layer is not kept', async () => {
    const cache = createSetupCache({ home, most_bytes: 30_000 })
    const layer = makeLayer('x'.repeat(9_000))
    const digests = ['11', '22', '33', '44'].map((two) => two.repeat(32))
    for (const digest of digests.slice(0, 2)) expect(await cache.keep(key({ digest }), layer)).toBe('kept')
    for (const [at, path] of archives().entries()) utimesSync(join(home, 'cache/setups', path), 1_000 + at, 1_000 + at)
    // Used again, so the other one is the older now.
    const first = digests[0] ?? ''
    expect(await createSetupCache({ home }).restore(key({ digest: first }), fresh())).toMatchObject({
      kind: 'restored',
    })
    for (const digest of digests.slice(2)) await cache.keep(key({ digest }), layer)
    expect(archives().join()).not.toContain(digests[1])
    expect(archives().join()).toContain(first)
    expect(await cache.keep(key(), makeLayer('x'.repeat(20_000)))).toBe('too_large')
  })

  it('holds no half of one where a writer died, and its rest goes after an hour', async () => {
    const cache = createSetupCache({ home })
    await cache.keep(key(), makeLayer())
    const rest = `${archive()}.999.abc`
    writeFileSync(rest, 'half')
    utimesSync(rest, 1_000, 1_000)
    await cache.keep(key({ digest: 'cd'.repeat(32) }), makeLayer())
    expect(existsSync(rest)).toBe(false)
    expect(archives()).toHaveLength(2)
  })

  it('where nothing can be written a run goes on without it', async () => {
    writeFileSync(join(home, 'cache'), 'a file where the folder would be')
    expect(await createSetupCache({ home }).keep(key(), makeLayer())).toBe('not_written')
  })
})

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes.writeUInt8((bytes.readUInt8(at) + 1) % 256, at)
  writeFileSync(path, bytes)
}

function replaced(path: string, make: () => void): void {
  rmSync(path)
  mkdirSync(dirname(path), { recursive: true })
  make()
}
