import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createSetupCache } from '#adapters/setup-cache'
import { DEFAULT_SANDBOX_LIMITS } from '#ports'
import { execIn } from '../../support/sandbox-fixtures.ts'
import { setUpOnce, type SetupDone } from '../../support/setup/setup-desk.ts'

const root = mkdtempSync(join(tmpdir(), 'gander-kept-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const home = join(root, 'home')
const ground = {
  root: join(root, 'runs'),
  driver: createBubblewrapDriver({ home }),
  registries: createPackageRegistries({ home: join(tmpdir(), 'gander-test') }),
  proxy: createRegistryProxy({ home }),
  setups: createSetupCache({ home }),
}

/** What a registry says of a package, where it answers. */
const asked = async (address: string | undefined, path: string): Promise<Response | undefined> => {
  if (address === undefined) return undefined
  const answer = await fetch(`${address.replace(/\/+$/, '')}/${path}`, { signal: AbortSignal.timeout(8_000) }).catch(
    () => undefined,
  )
  return answer?.ok === true ? answer : undefined
}

/** Runs a command offline in a later sandbox over what a setup left. */
async function offline({ layer, checkout }: SetupDone, argv: readonly string[]): Promise<string> {
  const sandbox = await ground.driver.open({
    run_id: 'run_later',
    purpose: 'work',
    checkout,
    setup_layer: layer === null ? null : { path: layer },
    writable: { kind: 'memory' },
    limits: DEFAULT_SANDBOX_LIMITS,
  })
  try {
    const { stdout, stderr } = await execIn(sandbox, argv)
    return `${stdout}${stderr}`
  } finally {
    await sandbox.close()
  }
}

interface Version {
  readonly dist: { readonly tarball: string; readonly integrity: string }
}

/** A lockfile as npm writes it for what the machine's registry says today. */
async function npmFiles() {
  const [registry] = await ground.registries.addresses('npm')
  const answer = await asked(registry, 'ms')
  if (answer === undefined) return undefined
  const { versions } = (await answer.json()) as { versions: Record<string, Version> }
  const dist = versions['2.1.3']?.dist
  if (dist === undefined) return undefined
  const ms = { version: '2.1.3', resolved: dist.tarball, integrity: dist.integrity }
  const packages = { '': { name: 'x', dependencies: { ms: '2.1.3' } }, 'node_modules/ms': ms }
  return {
    'package.json': JSON.stringify({ name: 'x', dependencies: { ms: '2.1.3' }, scripts: { test: 'node --test' } }),
    'package-lock.json': JSON.stringify({ name: 'x', lockfileVersion: 3, requires: true, packages }, null, 2),
  }
}

/** A requirements file with the hash of a small wheel, as the machine's index has it. */
async function pipFiles() {
  const [index] = await ground.registries.addresses('pip')
  const answer = await asked(index, 'iniconfig/')
  const [, link = ''] =
    /href="([^"]*iniconfig-2\.0\.0-py3-none-any\.whl[^"]*)"/.exec((await answer?.text()) ?? '') ?? []
  if (answer === undefined || link === '') return undefined
  const wheel = await fetch(new URL(link, answer.url))
  const hash = createHash('sha256')
    .update(Buffer.from(await wheel.arrayBuffer()))
    .digest('hex')
  return {
    'requirements.txt': `iniconfig==2.0.0 --hash=sha256:${hash}\n`,
    'test_x.py': 'import unittest\nimport iniconfig\n',
  }
}

const works = (...argv: string[]): boolean => {
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const sandboxed = works('bwrap', '--version')
const [npm, pip] = sandboxed ? await Promise.all([npmFiles(), pipFiles()]) : []

const REPOSITORIES = [
  {
    what: 'npm',
    why: 'bubblewrap, npm or its registry',
    files: npm,
    use: ['node', '-p', 'require("ms")("2h")'],
    says: '7200000\n',
  },
  {
    what: 'pip',
    why: 'bubblewrap, pip or its index',
    files: pip,
    use: ['/home/agent/.venv/bin/python', '-c', 'import iniconfig; print(iniconfig.__name__)'],
    says: 'iniconfig\n',
  },
]

for (const { what, why, files, use, says } of REPOSITORIES)
  describe.skipIf(files === undefined)(`a locked setup of ${what} (skipped without ${why})`, () => {
    const given = { files: files ?? {} }

    it('is kept, and the next run of the same lockfile fetches nothing and has the same offline', async () => {
      const first = await setUpOnce(ground, given)
      expect(first, JSON.stringify(first)).toMatchObject({
        ending: undefined,
        facts: { result: 'passed', cache: 'kept' },
      })
      expect(first.requests).toBeGreaterThan(0)
      expect(await offline(first, use)).toBe(says)
      const second = await setUpOnce(ground, given)
      expect(second).toMatchObject({ ending: undefined, requests: 0, facts: { cache: 'used' } })
      expect(await offline(second, use)).toBe(says)
    }, 240_000)

    it('that a work phase changes is as it was for the next run', async () => {
      const run = await setUpOnce(ground, given)
      await offline(run, ['sh', '-c', 'find /home/agent node_modules -name "*.js" -o -name "*.py" | xargs rm -f'])
      expect(await offline(run, use)).toBe(says)
      expect(await offline(await setUpOnce(ground, given), use)).toBe(says)
    }, 120_000)
  })

describe.skipIf(npm === undefined)(
  'when no kept setup will do (skipped without bubblewrap, npm or its registry)',
  () => {
    it('a kept setup is not used where the profile says so, where more hosts are open, or where scripts may run', async () => {
      for (const other of [
        { packages: { use_locked_cache: false, allow_download: false } },
        { network: { allowlist: ['more.example.org'] }, packages: { allow_download: false } },
        { packages: { install_scripts: true, allow_download: false } },
      ]) {
        const done = await setUpOnce(ground, { files: npm ?? {}, ...other })
        expect(done.facts['cache']).not.toBe('used')
        expect(done.ending).toBeDefined()
      }
      // A kept one needs no way out.
      const done = await setUpOnce(ground, { files: npm ?? {}, packages: { allow_download: false } })
      expect(done).toMatchObject({ ending: undefined, facts: { cache: 'used' } })
    }, 120_000)

    it('what nothing pins is installed anew each time', async () => {
      const { 'package-lock.json': _, ...loose } = npm ?? { 'package-lock.json': '' }
      const done = await setUpOnce(ground, { files: loose })
      expect(done.ending).toBeUndefined()
      expect(done.facts['cache']).toBeUndefined()
    }, 120_000)
  },
)
