import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import { judgeVerification } from '#execution-plane/verifier'
import type { PackageTool } from '#ports'
import { verifierWorld } from './world.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-real-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const { available } = await driver.probe()
const tools = new Set(findToolchains(env).map(({ name }) => name))
const LONG = env['GANDER_LONG_TESTS'] === '1'

const run = (cwd: string, program: string, ...words: string[]): string =>
  execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const registries = createPackageRegistries({ home })
const base = async (of: PackageTool): Promise<string> => ((await registries.addresses(of))[0] ?? '').replace(/\/+$/, '')
const download = async (url: string): Promise<Buffer> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) })
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** A published archive with its tests, unpacked where a sandbox's user may write. */
function unpacked(name: string, archive: Buffer): string {
  const folder = join(home, name)
  mkdirSync(folder)
  writeFileSync(`${folder}.tgz`, archive)
  run(folder, 'tar', 'xzf', `${folder}.tgz`, '--strip-components=1')
  run(folder, 'chmod', '-R', 'a+rwX', '.')
  return folder
}

interface RealProject {
  readonly name: string
  readonly tool: string
  /** Compilers are slow, so these run only in the long form. */
  readonly long?: true
  readonly source: () => Promise<string>
  readonly profile: string
  /** Text of a file that is replaced by another which the project's own tests must notice. */
  readonly broken: readonly [path: string, text: string, by: string]
  readonly least_tests: number
}

const PROJECTS: readonly RealProject[] = [
  {
    name: 'npm: json-stable-stringify 1.0.1',
    tool: 'node',
    source: async () => {
      const url = `${await base('npm')}/json-stable-stringify/-/json-stable-stringify-1.0.1.tgz`
      return unpacked('npm', await download(url))
    },
    profile: 'node-npm-standard',
    broken: ['index.js', '.sort(cmp && cmp(node))', '.reverse()'],
    least_tests: 20,
  },
  {
    name: 'Go: github.com/google/uuid 1.6.0',
    tool: 'go',
    long: true,
    source: async () => {
      const said = run(home, 'go', 'mod', 'download', '-json', 'github.com/google/uuid@v1.6.0')
      const folder = join(home, 'go')
      cpSync(/"Dir": "([^"]+)"/.exec(said)?.[1] ?? '', folder, { recursive: true })
      run(folder, 'chmod', '-R', 'a+rwX', '.')
      return folder
    },
    profile: 'go-standard',
    broken: ['version4.go', '(uuid[6] & 0x0f) | 0x40', '(uuid[6] & 0x0f) | 0x50'],
    least_tests: 30,
  },
  {
    name: 'Cargo: itoa 1.0.11',
    tool: 'cargo',
    long: true,
    source: async () => {
      const { dl } = JSON.parse((await download(`${await base('cargo')}/config.json`)).toString()) as {
        readonly dl: string
      }
      return unpacked('cargo', await download(`${dl}/itoa/1.0.11/download`))
    },
    profile: 'rust-cargo-standard',
    broken: ['src/lib.rs', "b'-'", "b'+'"],
    least_tests: 3,
  },
]

describe.skipIf(!available)('projects of other people in the real sandbox (skipped where there is none)', () => {
  for (const project of PROJECTS) {
    const without = !tools.has(project.tool)
      ? `${project.tool} is not installed`
      : project.long === true && !LONG
        ? 'set GANDER_LONG_TESTS=1'
        : ''
    it.skipIf(without !== '')(
      `${project.name} is set up, verified, and a change that breaks it is seen${without === '' ? '' : ` (skipped: ${without})`}`,
      { timeout: 900_000 },
      async ({ skip }) => {
        const from = await project.source().catch((error: unknown) => skip(`it cannot be fetched: ${String(error)}`))
        const world = await verifierWorld({}, { from, driver, registries, proxy: createRegistryProxy({ home }) })
        expect(world.profile.id).toBe(project.profile)
        const setup = await world.setup()
        expect(setup.outcome, setup.reason).toBe('passed')
        const before = (await world.verify()).report
        expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
        const tests = before.phases.flatMap((phase) => phase.tests)
        const passed = tests.filter(({ outcome }) => outcome === 'passed').length
        expect(passed).toBeGreaterThanOrEqual(project.least_tests)
        const [path, text, by] = project.broken
        const source = readFileSync(join(from, path), 'utf8')
        expect(source).toContain(text)
        const after = (await world.verify({ [path]: source.replaceAll(text, by) })).report
        const verdict = judgeVerification(before, after)
        expect(verdict.answer, JSON.stringify(after, null, 1)).toBe('fail')
        console.info(
          `${project.name} | ${project.profile} | ${passed} of ${tests.length} | ${before.phases.map(({ id, outcome, shown }) => `${id} ${outcome} (${shown ?? ''})`).join(', ')} | ${verdict.findings.filter(({ rule }) => rule === 'test.broken').length} broken`,
        )
      },
    )
  }
})
