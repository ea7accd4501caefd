import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { focusedPhase, judgeVerification } from '#execution-plane/verifier'
import { fromCargo, fromGo, fromMaven, fromNpm, fromPip, type ForeignGround } from './foreign-sources.ts'
import { verifierWorld } from './world.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-real-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home })
const { available } = await driver.probe()
const tools = new Set(findToolchains(env).map(({ name }) => name))
const LONG = env['GANDER_LONG_TESTS'] === '1'
const registries = createPackageRegistries({ home })

interface RealProject {
  readonly name: string
  readonly tool: string
  /** Compilers are slow, and so is what installs dozens of packages: these run only in the long form. */
  readonly long?: true
  readonly source: (ground: ForeignGround) => Promise<string>
  readonly profile: string
  /** Text of a file that is replaced by another which the project's own tests must notice. */
  readonly broken: readonly [path: string, text: string, by: string]
  readonly least_tests: number
  /** A test file that is run alone, and what the ids of its tests begin with. */
  readonly focused: readonly [path: string, ids: string]
}

const PROJECTS: readonly RealProject[] = [
  {
    name: 'npm: json-stable-stringify 1.0.1',
    tool: 'node',
    source: (ground) =>
      fromNpm(ground, {
        path: 'json-stable-stringify/-/json-stable-stringify-1.0.1.tgz',
        sha256: '70e228b750bf40ab69dda437f284992f1ea4c4bf9e788dc7fc586a6956256150',
      }),
    profile: 'node-npm-standard',
    broken: ['index.js', '.sort(cmp && cmp(node))', '.reverse()'],
    least_tests: 20,
    focused: ['test/cmp.js', ''],
  },
  {
    name: 'pip: inflection 0.5.1',
    tool: 'python3',
    source: (ground) =>
      fromPip(ground, {
        path: 'inflection',
        sha256: '1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417',
      }),
    profile: 'python-pytest-standard',
    broken: ['inflection/__init__.py', 'if not word or word.lower() in UNCOUNTABLES', 'if not word'],
    least_tests: 400,
    focused: ['test_inflection.py', 'test_inflection.py::'],
  },
  {
    name: 'pip with uv.lock: click 8.2.1',
    tool: 'python3',
    long: true,
    source: (ground) =>
      fromPip(ground, {
        path: 'click',
        sha256: '27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202',
      }),
    profile: 'python-pytest-standard',
    broken: ['src/click/utils.py', 'total_length == max_length', 'total_length != max_length'],
    least_tests: 500,
    focused: ['tests/test_arguments.py', 'tests/test_arguments.py::'],
  },
  {
    name: 'Maven: file-management 3.1.0',
    tool: 'mvn',
    long: true,
    source: (ground) =>
      fromMaven(ground, {
        path: 'org/apache/maven/shared/file-management/3.1.0/file-management-3.1.0-source-release.zip',
        sha256: '34f48b425e82581a192672e1335d937e6c27a76b53f40e07ae4f0f05e0cb2701',
      }),
    profile: 'java-maven-standard',
    broken: [
      'src/main/java/org/apache/maven/shared/model/fileset/mappers/GlobPatternMapper.java',
      'name.length() - postfixLength',
      'name.length()',
    ],
    least_tests: 14,
    focused: [
      'src/test/java/org/apache/maven/shared/model/fileset/mappers/MapperUtilTest.java',
      'org.apache.maven.shared.model.fileset.mappers.MapperUtilTest',
    ],
  },
  {
    name: 'Go: github.com/google/uuid 1.6.0',
    tool: 'go',
    long: true,
    source: (ground) => fromGo(ground, 'github.com/google/uuid@v1.6.0'),
    profile: 'go-standard',
    broken: ['version4.go', '(uuid[6] & 0x0f) | 0x40', '(uuid[6] & 0x0f) | 0x50'],
    least_tests: 30,
    focused: ['uuid_test.go', 'github.com/google/uuid::'],
  },
  {
    name: 'Cargo: itoa 1.0.11',
    tool: 'cargo',
    long: true,
    source: (ground) =>
      fromCargo(ground, {
        path: 'itoa/1.0.11/download',
        sha256: '49f1f14873335454500d59611f1cf4a4b0f786f9ac11f4312a78e4cf2566695b',
      }),
    profile: 'rust-cargo-standard',
    broken: ['src/lib.rs', "b'-'", "b'+'"],
    least_tests: 3,
    focused: ['tests/test.rs', 'itoa::tests/test.rs::'],
  },
]

const testsOf = (report: VerificationReport) => report.phases.flatMap((phase) => phase.tests)
const seconds = (ms: number): string => (ms / 1000).toFixed(1)

describe.skipIf(!available)('projects of other people in the real sandbox (skipped where there is none)', () => {
  for (const project of PROJECTS) {
    const without = !tools.has(project.tool)
      ? `${project.tool} is not installed`
      : project.long === true && !LONG
        ? 'set GANDER_LONG_TESTS=1'
        : ''
    it.skipIf(without !== '')(
      `${project.name} is set up, verified whole and in part, and a change that breaks it is seen${without === '' ? '' : ` (skipped: ${without})`}`,
      { timeout: 900_000 },
      async ({ skip }) => {
        const from = await project
          .source({ home, registries })
          .catch((error: unknown) => skip(`it cannot be fetched: ${String(error)}`))
        const world = await verifierWorld({}, { from, driver, registries, proxy: createRegistryProxy({ home }) })
        expect(world.profile.id).toBe(project.profile)
        const setup = await world.setup()
        expect(setup.outcome, setup.reason).toBe('passed')
        const before = (await world.verify()).report
        expect(before.outcome, JSON.stringify(before, null, 1)).toBe('passed')
        const passed = testsOf(before).filter(({ outcome }) => outcome === 'passed').length
        expect(passed).toBeGreaterThanOrEqual(project.least_tests)

        const [path, text, by] = project.broken
        const source = readFileSync(join(from, path), 'utf8')
        expect(source).toContain(text)
        const after = (await world.verify({ [path]: source.replaceAll(text, by) })).report
        const verdict = judgeVerification(before, after)
        expect(verdict.answer, JSON.stringify(after, null, 1)).toBe('fail')

        const [file, ids] = project.focused
        expect(existsSync(join(from, file))).toBe(true)
        const part = focusedPhase(world.profile, [file])
        if (part === undefined) throw new Error('the profile cannot run a part')
        const alone = (await world.verify({}, { ...world.profile, phases: [part] })).report
        expect(alone.outcome, JSON.stringify(alone, null, 1)).toBe('passed')
        const sorted = (report: VerificationReport) =>
          testsOf(report)
            .map(({ id, outcome }) => `${outcome} ${id}`)
            .sort()
        const own = sorted(before).filter((line) => line.slice(line.indexOf(' ') + 1).startsWith(ids))
        if (ids === '') expect(testsOf(alone).length).toBeGreaterThan(0)
        else expect(sorted(alone)).toEqual(own)
        const broken = verdict.findings.filter(({ rule }) => rule === 'test.broken').length
        const phases = before.phases.map(({ id, outcome, shown }) => `${id} ${outcome} (${shown ?? ''})`).join(', ')
        const took = `set up ${seconds(setup.phases.reduce((sum, { duration_ms }) => sum + duration_ms, 0))} s, verified ${seconds(before.duration_ms)} s`
        console.info(
          `${project.name} | ${project.profile} | ${passed} of ${testsOf(before).length} | ${broken} broken | alone ${testsOf(alone).length} | ${took} | ${phases}`,
        )
      },
    )
  }
})
