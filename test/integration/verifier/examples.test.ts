import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { createRepositories } from '#adapters/git'
import { createPackageRegistries } from '#adapters/registries'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createRedactor } from '#evidence-plane/redaction'
import { findProfile, judgeVerification, runSetup, verifyTree } from '#execution-plane/verifier'
import { DEFAULT_SANDBOX_LIMITS } from '#ports'

const home = mkdtempSync(join(tmpdir(), 'gander-examples-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const registries = createPackageRegistries({ home })
const { available, reason } = await driver.probe()

async function works(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).then(
    () => true,
    () => false,
  )
}
const has = (...argv: string[]): boolean => {
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** An example as a git repository, its profile found and its dependencies set up in the real sandbox. */
async function verified(example: string) {
  const source = join(home, `${example}-source`)
  cpSync(join(import.meta.dirname, '../../../examples', example, 'repository'), source, { recursive: true })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', source, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { stdio: 'pipe' })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'base')
  const repositories = createRepositories({ home })
  const repository = await repositories.open(`run_${example}`, await repositories.resolve(source, null))
  const { tree } = repository.source
  const reader = { list: () => repository.listFiles(tree), read: (path: string) => repository.readFile(tree, path) }
  const found = await findProfile(reader, null, registries)
  if (!found.ok) throw new Error(found.refusal.message)
  const clock = { now: () => Date.now(), sleep: async (ms: number) => delay(ms) }
  const parts = {
    run_id: `run_${example}`,
    profile: found.value,
    driver,
    repository,
    limits: DEFAULT_SANDBOX_LIMITS,
    redactor: createRedactor(),
    artifacts: createFilesystemArtifacts({ home }),
    clock,
  }
  const way = { proxy: createRegistryProxy({ home }), egress_folder: join(home, `${example}-way`) }
  const setup = await runSetup({ ...parts, layer_path: join(home, `${example}-layer`), ...way })
  expect(setup.outcome, setup.reason).toBe('passed')
  const baseline = await verifyTree({ ...parts, tree, setup_layer: setup.layer })
  return { profile: found.value, setup, report: baseline.report }
}

/** The Java example is verified beside the other ways of Maven, because its setup takes half a minute. */
const CASES = [
  {
    example: 'typescript',
    profile: 'node-npm-standard',
    tool: ['npm', '--version'],
    registry: 'npm',
  },
  { example: 'python', profile: 'python-unittest-standard', tool: ['python3', '--version'], registry: undefined },
] as const

describe.skipIf(!available)(
  `the examples in the real sandbox (skipped where it is not available: ${reason ?? 'it is'})`,
  () => {
    for (const { example, profile, tool, registry } of CASES)
      it.skipIf(!has(...tool))(
        `${example} is set up and its tests are counted by id (skipped without ${tool[0]})`,
        async ({ skip }) => {
          const [address] = registry === undefined ? [] : await registries.addresses(registry)
          if (registry !== undefined && (address === undefined || !(await works(address))))
            skip(`${address ?? `the registry of ${registry}`} cannot be reached`)
          const seen = await verified(example)
          expect(seen.profile.id).toBe(profile)
          const tests = seen.report.phases.flatMap((phase) => phase.tests)
          expect(tests.length, JSON.stringify(seen.report, null, 1)).toBeGreaterThan(1)
          expect(new Set(tests.map((test) => test.id)).size).toBe(tests.length)
          expect(['pass', 'unavailable']).toContain(judgeVerification(seen.report, seen.report).answer)
          expect(seen.report.sandbox_fingerprint).not.toBe('')
          expect(seen.setup.refused).toEqual([])
        },
      )
  },
)
