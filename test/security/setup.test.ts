import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createSetupCache } from '#adapters/setup-cache'
import type { PackageRegistries } from '#ports'
import { setUpOnce } from '../support/setup/setup-desk.ts'

const works = (...argv: string[]): boolean => {
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const root = mkdtempSync(join(tmpdir(), 'gander-supply-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const home = join(root, 'home')
const registries: PackageRegistries = { addresses: async () => ['https://registry.example.org/'] }
const ground = {
  root: join(root, 'runs'),
  driver: createBubblewrapDriver({ home }),
  registries,
  proxy: createRegistryProxy({ home, environment: {} }),
  setups: createSetupCache({ home }),
}
const kept = () =>
  existsSync(join(home, 'cache/setups'))
    ? readdirSync(join(home, 'cache/setups'), { recursive: true, encoding: 'utf8' }).filter((path) =>
        path.endsWith('.setup'),
      )
    : []

const INTEGRITY = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
const HONEST = { version: '2.1.3', resolved: 'https://registry.example.org/ms/-/ms-2.1.3.tgz', integrity: INTEGRITY }

/** A repository whose setup writes what a package would, and notes each time that it runs. */
const repository = (
  name: string,
  entry: object,
  command = 'mkdir -p node_modules/ms && echo installed > node_modules/ms/index.js',
) => ({
  'package.json': JSON.stringify({ name }),
  'package-lock.json': JSON.stringify(
    { name, lockfileVersion: 3, packages: { '': { name }, 'node_modules/ms': entry } },
    null,
    2,
  ),
  '.gander/verify.yaml': `setup:\n  - {id: install, command: [sh, -c, ${JSON.stringify(command)}]}\nphases:\n  - {id: tests, command: ["true"]}\n`,
})
const moduleOf = (layer: string | null) => readFileSync(join(layer ?? '', 'tree/node_modules/ms/index.js'), 'utf8')

describe.skipIf(!works('bwrap', '--version'))(
  'supply chain on bubblewrap (skipped where bubblewrap is missing)',
  () => {
    describe('SU-03: a lockfile that was tampered with', () => {
      const { integrity: _, ...unpinned } = HONEST
      it.each([
        ['without integrity', unpinned, 'lockfile.integrity'],
        [
          "with another package's archive",
          { ...HONEST, resolved: 'https://registry.example.org/mz/-/mz-2.1.3.tgz' },
          'lockfile.archive',
        ],
        [
          'that leads to a git repository',
          { ...HONEST, resolved: 'git+https://evil.example.net/ms.git#abc' },
          'lockfile.source',
        ],
        ['without TLS', { ...HONEST, resolved: 'http://registry.example.org/ms/-/ms-2.1.3.tgz' }, 'lockfile.address'],
      ])(
        '%s ends the run before anything is run or fetched, with rule, line and remedy on record',
        async (_what, entry, rule) => {
          const done = await setUpOnce(ground, { files: repository('tampered', entry) })
          expect(done.ending).toMatchObject({ kind: 'end', state: 'blocked_policy', failure: 'lockfile_refused' })
          expect(JSON.stringify(done.ending)).toMatch(new RegExp(`package-lock\\.json:8: ms@2\\.1\\.3 .*${rule}`))
          expect(done.facts).toMatchObject({
            result: 'refused',
            refused: [{ rule, path: 'package-lock.json', line: 8 }],
          })
          expect(done).toMatchObject({ layer: null, requests: 0, asked: [] })
        },
      )

      it('that is honest installs', async () => {
        const done = await setUpOnce(ground, { files: repository('honest', HONEST) })
        expect(done).toMatchObject({ ending: undefined, facts: { result: 'passed' }, asked: [] })
        expect(moduleOf(done.layer)).toBe('installed\n')
      })
    })

    describe('SU-03: a lockfile that leads to a host nobody opened', () => {
      const files = repository('elsewhere', { ...HONEST, resolved: 'https://evil.example.net/ms/-/ms-2.1.3.tgz' })

      it('makes the run wait for a person, who is told the line; nothing is run or fetched before', async () => {
        const done = await setUpOnce(ground, { files })
        expect(done.ending).toMatchObject({
          kind: 'approval',
          request: {
            subject: ['evil.example.net'],
            reason: expect.stringContaining('package-lock.json:8: ms@2.1.3 from evil.example.net'),
          },
        })
        expect(done).toMatchObject({ layer: null, requests: 0, asked: ['egress.connect "evil.example.net"'] })
      })

      it('ends it where the profile asks nobody, and a private name always does', async () => {
        const closed = await setUpOnce(ground, { files, network: { ask: false } })
        expect(closed.ending).toMatchObject({ state: 'blocked_policy', failure: 'egress_blocked' })
        const inner = repository('inner', { ...HONEST, resolved: 'https://metadata.internal/ms/-/ms-2.1.3.tgz' })
        expect((await setUpOnce(ground, { files: inner })).ending).toMatchObject({ failure: 'egress_blocked' })
      })

      it('goes on where the profile names it; what a person approved is good for that run and never kept', async () => {
        const before = kept()
        const approved = await setUpOnce(ground, { files, approved: ['evil.example.net'] })
        expect(approved).toMatchObject({ ending: undefined, facts: { result: 'passed' } })
        expect(kept()).toEqual(before)
        const another = await setUpOnce(ground, { files, approved: ['other.example.net'] })
        expect(another.ending).toMatchObject({ kind: 'approval' })
        const listed = await setUpOnce(ground, { files, network: { allowlist: ['evil.example.net'] } })
        expect(listed).toMatchObject({ ending: undefined, asked: [] })
      })
    })

    describe('install scripts', () => {
      it('that a repository turns on by its own command end the run, unless the profile allows them', async () => {
        const files = repository('loud', HONEST, 'true npm ci --ignore-scripts=false; mkdir -p node_modules/ms')
        const done = await setUpOnce(ground, { files })
        expect(done.ending).toMatchObject({ state: 'blocked_policy', why: expect.stringContaining('install_scripts') })
        expect((await setUpOnce(ground, { files, packages: { install_scripts: true } })).ending).toBeUndefined()
      })
    })

    describe('SU-05: a kept setup', () => {
      it('reaches neither another tenant nor a more trusted run', async () => {
        const files = repository('poison', HONEST)
        expect((await setUpOnce(ground, { files, trust: 'member' })).facts).toMatchObject({ cache: 'kept' })
        expect((await setUpOnce(ground, { files, trust: 'member' })).facts).toMatchObject({ cache: 'used' })
        expect((await setUpOnce(ground, { files, trust: 'member', tenant: 'ten_other' })).facts).toMatchObject({
          cache: 'kept',
        })
        expect((await setUpOnce(ground, { files, trust: 'operator' })).facts).toMatchObject({ cache: 'kept' })
      })

      it('is never left behind by a run of unknown trust, which may use what more trusted ones left', async () => {
        const files = repository('unknown', HONEST)
        const before = kept()
        const first = await setUpOnce(ground, { files, trust: 'unknown' })
        expect(first).toMatchObject({ ending: undefined, facts: { cache: 'not_kept' } })
        expect(kept()).toEqual(before)
        await setUpOnce(ground, { files, trust: 'operator' })
        expect((await setUpOnce(ground, { files, trust: 'unknown' })).facts).toMatchObject({ cache: 'used' })
      })

      it('that somebody changed is not used: it is on record, the run installs, and the next one has a good one', async () => {
        const files = repository('changed', HONEST)
        const before = new Set(kept())
        await setUpOnce(ground, { files })
        const path = join(home, 'cache/setups', kept().find((each) => !before.has(each)) ?? '')
        writeFileSync(path, readFileSync(path, 'latin1').replace('installed', 'poisoned!'), 'latin1')
        const done = await setUpOnce(ground, { files })
        expect(done.facts).toMatchObject({
          cache: 'kept',
          cache_refused: [expect.stringMatching(/^operator: .*changed/)],
        })
        expect(moduleOf(done.layer)).toBe('installed\n')
        const next = await setUpOnce(ground, { files })
        expect(next.facts).toMatchObject({ cache: 'used' })
        expect(moduleOf(next.layer)).toBe('installed\n')
      })

      it('is a copy: what happens to the layer of one run does not happen to the next', async () => {
        const files = repository('copied', HONEST)
        await setUpOnce(ground, { files })
        const { layer } = await setUpOnce(ground, { files })
        writeFileSync(join(layer ?? '', 'tree/node_modules/ms/index.js'), 'poisoned')
        expect(moduleOf((await setUpOnce(ground, { files })).layer)).toBe('installed\n')
      })

      it('is not used for another commit of a repository whose command may read anything', async () => {
        const files = repository('moved', HONEST)
        await setUpOnce(ground, { files })
        expect((await setUpOnce(ground, { files: { ...files, 'other.txt': 'x' } })).facts).toMatchObject({
          cache: 'kept',
        })
      })
    })
  },
)
