import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { diagnosisText, judgeVerification, reproduction } from '#execution-plane/verifier'
import { verifierWorld } from './world.ts'

const works = (...argv: string[]): boolean => {
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const sandboxed = works('bwrap', '--version')
const answers = (url: string): Promise<boolean> =>
  fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(8_000) }).then(
    () => true,
    () => false,
  )
const outcomes = (report: VerificationReport) =>
  Object.fromEntries(report.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test.outcome]))

describe.skipIf(!sandboxed)('node (skipped where bubblewrap is missing)', () => {
  const base = {
    'package.json': '{"type":"module","scripts":{"test":"node --test"}}',
    'sum.js': 'export const sum = (a, b) => a + b\n',
    'test/sum.test.js': `import { test, describe } from 'node:test'
import assert from 'node:assert'
import { sum } from '../sum.js'
describe('sum', () => { test('adds', () => assert.equal(sum(1, 2), 3)); test('adds nothing', () => assert.equal(sum(1, 0), 1)) })
test.skip('later', () => {})\n`,
  }

  it('results of node:test come by file, suite and name from the platform reporter', async () => {
    const world = await verifierWorld(base)
    const { report, events } = await world.verify()
    expect(report).toMatchObject({ outcome: 'passed', profile: 'node-npm-standard', phases: [{ shown: 'npm test' }] })
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'test_run', facts: expect.objectContaining({ command: 'npm test' }) }),
    )
    expect(outcomes(report)).toEqual({
      'test/sum.test.js::sum::adds': 'passed',
      'test/sum.test.js::sum::adds nothing': 'passed',
      'test/sum.test.js::later': 'skipped',
    })
  })

  it('a change that breaks a test fails, names the place and reads as a short text', async () => {
    const world = await verifierWorld(base)
    const [before, after] = [
      await world.verify(),
      await world.verify({ 'sum.js': 'export const sum = (a, b) => a - b\n' }),
    ]
    const verdict = judgeVerification(before.report, after.report)
    expect(verdict).toMatchObject({ answer: 'fail', findings: [{ rule: 'test.broken', path: 'test/sum.test.js' }] })
    const text = diagnosisText(after.report, undefined, 1_500)
    expect(text.length).toBeLessThanOrEqual(1_500)
    expect(text).toContain('test/sum.test.js::sum::adds')
    expect(text).toContain('test/sum.test.js:4')
  })

  it('a test file that ends the process with success loses its tests and fails', async () => {
    const world = await verifierWorld(base)
    const before = await world.verify()
    const after = await world.verify({ 'test/sum.test.js': `process.exit(0)\n${base['test/sum.test.js']}` })
    expect(after.report.outcome).toBe('failed')
    expect(judgeVerification(before.report, after.report).answer).toBe('fail')
  })

  it('a report that the repository brings along does not count', async () => {
    const world = await verifierWorld({
      'package.json': '{"scripts":{"test":"node --test"}}',
      'a.test.js': '',
      'junit.xml': '<testsuite><testcase name="x"/></testsuite>',
    })
    expect((await world.verify()).report.phases[0]?.diagnosis?.classification).toBe('no_tests')
    const phase = world.profile.phases[0]
    if (phase === undefined) throw new Error('no phase')
    const profile = {
      ...world.profile,
      phases: [{ ...phase, argv: ['true'], results: { format: 'junit', path: 'junit.xml' } as const }],
    }
    expect((await world.verify({}, profile)).report.outcome).toBe('failed')
  })

  it('a result file that is a link is not followed', async () => {
    const world = await verifierWorld(base)
    const phase = {
      id: 'unit_tests',
      argv: ['ln', '-s', '/workspace/real.xml', 'linked.xml'],
      required: true,
      timeout_seconds: 60,
      results: { format: 'junit', path: 'linked.xml' } as const,
    }
    const real = { 'real.xml': '<testsuite><testcase name="x"/></testsuite>' }
    const linked = await world.verify(real, { ...world.profile, phases: [phase] })
    expect(linked.report.outcome).toBe('failed')
    const copied = await world.verify(real, {
      ...world.profile,
      phases: [{ ...phase, argv: ['cp', 'real.xml', 'linked.xml'] }],
    })
    expect(copied.report.outcome).toBe('passed')
  })

  it('a command that does not end is stopped and diagnosed as a timeout', async () => {
    const world = await verifierWorld({
      ...base,
      '.gander/verify.yaml': 'phases:\n  - {id: slow, command: [sleep, "60"], timeout_seconds: 1}\n',
    })
    const { report } = await world.verify()
    expect(report.phases[0]).toMatchObject({ outcome: 'timed_out', diagnosis: { classification: 'timeout' } })
  })

  it('a cancelled verification is unavailable, not failed', async () => {
    const world = await verifierWorld({
      ...base,
      '.gander/verify.yaml': 'phases:\n  - {id: slow, command: [sleep, "60"]}\n',
    })
    const { report } = await world.verify({}, world.profile, AbortSignal.timeout(300))
    expect(report.outcome).toBe('unavailable')
  })

  it('a registered secret that a test prints is nowhere in what is kept, and is an incident', async () => {
    const world = await verifierWorld({
      ...base,
      'test/leak.test.js': `import { test } from 'node:test'
test('leaks', () => { console.log('canary-value-123456'); throw new Error('saw canary-value-123456') })\n`,
    })
    world.redactor.register('canary', 'canary-value-123456')
    const done = await world.verify()
    expect(JSON.stringify(done)).not.toContain('canary-value-123456')
    for (const text of world.artifacts.texts.values()) expect(text).not.toContain('canary-value-123456')
    expect(done.events.map((event) => event.event)).toContain('incident_opened')
    expect(done.report.phases[0]?.diagnosis?.redactions).toBeGreaterThan(0)
  })

  it('a script of globs and a build runs as written, with results by test', async () => {
    const world = await verifierWorld({
      'package.json': '{"scripts":{"test":"echo built && node --test test/*.test.mjs"}}',
      'test/a.test.mjs': "import { test } from 'node:test'\ntest('a', () => {})\n",
    })
    const { report } = await world.verify()
    expect(report.phases.map((phase) => [phase.id, phase.outcome])).toEqual([
      ['check', 'passed'],
      ['unit_tests', 'passed'],
    ])
    expect(outcomes(report)).toEqual({ 'test/a.test.mjs::a': 'passed' })
  })
})

describe.skipIf(!sandboxed || !works('python3', '--version'))(
  'python (skipped where bubblewrap or python3 is missing)',
  () => {
    const base = {
      'shop/__init__.py': 'def total(prices):\n    return sum(prices)\n',
      'tests/__init__.py': '',
      'tests/test_total.py': `import unittest
from shop import total

class TotalTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(total([1, 2]), 3)

    @unittest.skip('later')
    def test_later(self):
        pass
`,
    }

    it('unittest runs through the platform runner, with file and line', async () => {
      const world = await verifierWorld(base)
      expect(world.profile).toMatchObject({ id: 'python-unittest-standard', registry_hosts: [] })
      const before = await world.verify()
      expect(outcomes(before.report)).toEqual({
        'tests/test_total.py::TotalTest::test_adds': 'passed',
        'tests/test_total.py::TotalTest::test_later': 'skipped',
      })
      const after = await world.verify({ 'shop/__init__.py': 'def total(prices):\n    return len(prices)\n' })
      expect(after.report.phases[0]?.diagnosis?.root_causes[0]).toMatchObject({ file: 'tests/test_total.py', line: 6 })
      expect(judgeVerification(before.report, after.report).answer).toBe('fail')
      const asked = { is_fix: true, title: 'Totals', objective: '`test_adds` fails', success_criteria: [] }
      expect(reproduction(after.report, asked)).toMatchObject({
        status: 'reproduced',
        reason: expect.stringContaining('tests/test_total.py::TotalTest::test_adds'),
      })
    })

    it('a syntax error is a compile error with its place', async () => {
      const world = await verifierWorld(base)
      const { report } = await world.verify({ 'shop/__init__.py': 'def total(prices:\n' })
      expect(report.phases[0]?.diagnosis).toMatchObject({ classification: 'compile_error' })
      expect(report.phases[0]?.diagnosis?.root_causes).toContainEqual(
        expect.objectContaining({ file: 'shop/__init__.py', line: 1 }),
      )
    })

    it('a test that leaves the process at once is a crash, not a pass', async () => {
      const world = await verifierWorld(base)
      const { report } = await world.verify({ 'tests/test_exit.py': 'import os\nos._exit(0)\n' })
      expect(report.outcome).toBe('failed')
    })

    it.skipIf(!works('python3', '-m', 'pytest', '--version'))(
      'pytest reports by file and name (skipped where pytest is missing)',
      async () => {
        const world = await verifierWorld({
          'app.py': 'def f():\n    return 1\n',
          'test_app.py':
            'import pytest\nfrom app import f\n\ndef test_f():\n    assert f() == 1\n\nclass TestG:\n    def test_g(self):\n        assert f() == 1\n',
        })
        expect(world.profile.id).toBe('python-pytest-standard')
        expect((await world.setup()).reason).toContain('phases ran')
        const before = await world.verify()
        expect(outcomes(before.report)).toEqual({
          'test_app.py::test_f': 'passed',
          'test_app.py::TestG::test_g': 'passed',
        })
        const after = await world.verify({ 'app.py': 'def f():\n    return 2\n' })
        expect(after.report.phases[0]?.diagnosis?.root_causes[0]).toMatchObject({ file: 'test_app.py' })
        expect(judgeVerification(before.report, after.report).findings).toHaveLength(2)
      },
    )
  },
)

const home = mkdtempSync(join(tmpdir(), 'gander-maven-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** The example goes through the same in test/e2e/example-java.test.ts; what is more here costs two minutes. */
const IS_LONG = process.env['GANDER_LONG_TESTS'] === '1'

describe.skipIf(!sandboxed || !works('mvn', '-v'))('maven (skipped where bubblewrap or mvn is missing)', () => {
  it.skipIf(!IS_LONG)(
    'the Java example builds offline in the real sandbox after setup by the real proxy, and a class of the base commit never passes for a changed one (run with GANDER_LONG_TESTS=1)',
    {
      timeout: 600_000,
    },
    async ({ skip }) => {
      const from = `${import.meta.dirname}/../../../examples/java/repository`
      expect(existsSync(from)).toBe(true)
      const [driver, proxy] = [createBubblewrapDriver({ home }), createRegistryProxy({ home })]
      const [address] = await createPackageRegistries({ home }).addresses('maven')
      if (!(await driver.probe()).available || address === undefined || !(await answers(address)))
        skip('no sandbox, or the repository cannot be reached')
      const world = await verifierWorld({}, { from, driver, proxy })
      const setup = await world.setup()
      expect(setup.outcome, setup.reason).toBe('passed')
      expect(setup.refused).toEqual([])
      expect(world.profile.id).toBe('java-maven-standard')
      const before = await world.verify()
      expect(before.report.outcome, before.report.reason).toBe('passed')
      expect(Object.keys(outcomes(before.report)).length).toBeGreaterThan(1)
      const after = await world.verify({
        'src/main/java/acme/retry/RetryPolicy.java':
          'package acme.retry;\npublic class RetryPolicy { int x = "no"; }\n',
      })
      expect(after.report.phases[0]?.diagnosis).toMatchObject({ classification: 'compile_error' })
      expect(after.report.phases[0]?.diagnosis?.root_causes[0]?.file).toMatch(/\.java$/)
      expect(after.report.phases[1]).toMatchObject({ outcome: 'not_run' })
      expect(judgeVerification(before.report, after.report).answer).toBe('fail')
    },
  )
})
