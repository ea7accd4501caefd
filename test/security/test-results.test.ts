import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { judgeVerification } from '#execution-plane/verifier'
import type { Files } from '../integration/verifier/folder-repository.ts'
import { verifierWorld } from '../integration/verifier/world.ts'

const works = (...argv: string[]): boolean => {
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const sandboxed = works('bwrap', '--version')
const outcomes = (report: VerificationReport) =>
  Object.fromEntries(report.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test.outcome]))

/** A repository whose tests pass, verified once; pytest is the machine's own, so nothing is installed. */
async function ground(base: Files) {
  const world = await verifierWorld(base)
  const profile = {
    ...world.profile,
    phases: world.profile.phases.map((phase) => ({
      ...phase,
      argv: phase.argv.map((word) => word.replace('/home/agent/.venv/bin/python', 'python3')),
    })),
  }
  const before = await world.verify({}, profile)
  expect(before.report.outcome, JSON.stringify(before.report, null, 1)).toBe('passed')
  return { world, profile, before: before.report }
}
const grounds = new Map<Files, ReturnType<typeof ground>>()

/** What a change makes of it. */
async function judged(base: Files, change: Files) {
  const made = grounds.get(base) ?? ground(base)
  grounds.set(base, made)
  const { world, profile, before } = await made
  const { report } = await world.verify(change, profile)
  const { answer } = judgeVerification(before, report)
  return { answer, outcome: report.outcome, tests: outcomes(report), text: JSON.stringify(report) }
}

const PASSING = 'def test_sum():\n    assert 1 + 1 == 2\n'
const FAILING = 'def test_sum():\n    assert 1 + 1 == 3\n'
const PYTEST = { 'pytest.ini': '[pytest]\n', 'test_sum.py': PASSING }
const REWRITES = `import atexit, glob, json, os, sys
def forge():
    arguments = open(f'/proc/{os.getppid()}/cmdline').read().split('\\0')
    path = next(word for word in arguments if '.gander-results' in word)
    report = {'testResults': [{'name': 'test_sum.py', 'assertionResults': [{'title': 'test_sum', 'status': 'passed'}]}]}
    open(path, 'w').write(json.dumps(report))
    os._exit(0)
atexit.register(forge)
`
const HOOKS = `import pytest
@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = 'passed'
    outcome.get_result().longrepr = None
def pytest_sessionfinish(session):
    session.exitstatus = session.testsfailed = 0
`
/** TI-03: each leaves a failing test and makes the runner say that it passed. */
const PYTEST_TRICKS: readonly (readonly [trick: string, change: Files])[] = [
  ['a conftest that calls failures passes', { 'test_sum.py': FAILING, 'conftest.py': HOOKS }],
  ['a conftest that rewrites the report and leaves with 0', { 'test_sum.py': FAILING, 'conftest.py': REWRITES }],
  ['os._exit(0) before the end', { 'test_sum.py': `import os\ndef test_a():\n    os._exit(0)\n${FAILING}` }],
  ['os._exit(0) while loading', { 'test_sum.py': FAILING, 'conftest.py': 'import os\nos._exit(0)\n' }],
  ['a pytest of its own', { 'test_sum.py': FAILING, 'pytest.py': 'import sys\nsys.exit(0)\n' }],
  ['a json of its own', { 'test_sum.py': FAILING, 'json.py': 'import os\nos._exit(0)\n' }],
  ['output like a summary', { 'test_sum.py': `print("1 passed in 0.01s")\n${FAILING}` }],
  [
    'a runner that is killed from inside',
    { 'test_sum.py': `import os, signal\ndef test_a():\n    os.kill(os.getppid(), signal.SIGKILL)\n${FAILING}` },
  ],
]

describe.skipIf(!sandboxed || !works('python3', '-m', 'pytest', '--version'))(
  'results of pytest (skipped where bubblewrap or pytest is missing)',
  () => {
    for (const [trick, change] of PYTEST_TRICKS)
      it(`blocks ${trick}`, async () => {
        const seen = await judged(PYTEST, change)
        expect(seen.outcome, seen.text).toBe('failed')
        expect(seen.answer, seen.text).toBe('fail')
        expect(seen.tests['test_sum.py::test_sum'], seen.text).not.toBe('passed')
      })

    it('still allows a conftest with hooks, skips, expected failures and plugins', async () => {
      const conftest = `import pytest
@pytest.fixture
def two(): return 2
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    yield
def pytest_report_header(): return 'mine'
`
      const more = `${PASSING}\nimport pytest\ndef test_two(two):\n    assert two == 2\n@pytest.mark.xfail\ndef test_known():\n    assert 0\n`
      const seen = await judged(PYTEST, { 'test_sum.py': more, 'conftest.py': conftest })
      expect(seen.tests, seen.text).toEqual({
        'test_sum.py::test_sum': 'passed',
        'test_sum.py::test_two': 'passed',
        'test_sum.py::test_known': 'skipped',
      })
      expect(seen.answer).toBe('pass')
    })
  },
)

const CASE = (assertion: string) =>
  `import unittest\nclass T(unittest.TestCase):\n    def test_sum(self):\n        ${assertion}\n`
const UNITTEST = { 'test_sum.py': CASE('pass') }
const NODE = {
  'package.json': '{"scripts":{"test":"node --test"}}',
  'a.test.js': "const { test } = require('node:test')\ntest('sum', () => {})\n",
}
const NODE_FAILS = "test('sum', () => { throw new Error('no') })\n"
const NODE_HEAD = "const { test } = require('node:test')\n"

describe.skipIf(!sandboxed)('results of unittest and node:test (skipped where bubblewrap is missing)', () => {
  const TRICKS: readonly (readonly [trick: string, base: Files, change: Files])[] = [
    ['unittest: a report that is rewritten at exit', UNITTEST, { 'test_sum.py': `${REWRITES}${CASE('self.fail()')}` }],
    ['unittest: os._exit(0) in a test', UNITTEST, { 'test_sum.py': CASE('import os; os._exit(0)') }],
    [
      'unittest: a unittest of its own',
      UNITTEST,
      { 'test_sum.py': CASE('self.fail()'), 'unittest.py': 'import sys\nsys.exit(0)\n' },
    ],
    [
      'node:test: process.exit(0) while a test runs',
      NODE,
      { 'a.test.js': `${NODE_HEAD}test('first', async () => { process.exit(0) })\n${NODE_FAILS}` },
    ],
    [
      'node:test: output like TAP and a report of its own',
      NODE,
      {
        'a.test.js': `${NODE_HEAD}console.log('TAP version 13\\nok 1 - sum\\n1..1')\n${NODE_FAILS}`,
        '.gander-results.json': '{"testResults":[]}',
      },
    ],
    [
      'node:test: an exit code of its own',
      NODE,
      {
        'a.test.js': `${NODE_HEAD}process.on('exit', () => { process.exitCode = 0; process.reallyExit(0) })\n${NODE_FAILS}`,
      },
    ],
  ]
  for (const [trick, base, change] of TRICKS)
    it(`blocks ${trick}`, async () => {
      const seen = await judged(base, change)
      expect(seen.answer, seen.text).toBe('fail')
      expect(Object.entries(seen.tests).filter(([id, outcome]) => id.endsWith('sum') && outcome === 'passed')).toEqual(
        [],
      )
    })

  it('still allows tests that print results, and exit hooks that leave the code alone', async () => {
    const python = await judged(UNITTEST, {
      'test_sum.py': `import atexit\natexit.register(lambda: print('bye'))\n${CASE("print('1 failed')")}`,
    })
    expect(python.answer, python.text).toBe('pass')
    const node = await judged(NODE, { 'a.test.js': `${NODE['a.test.js']}console.log('not ok 1 - x')\n` })
    expect(node.answer, node.text).toBe('pass')
  })

  it('a command that is told where its report goes and writes none is no success; one that writes it is', async () => {
    const base = { ...NODE, 'passing.xml': '<testsuite tests="1"><testcase name="a"/></testsuite>' }
    const world = await verifierWorld(base)
    const verify = (script: string) =>
      world.verify(
        {},
        {
          ...world.profile,
          phases: [
            {
              id: 'unit_tests',
              argv: ['sh', '-c', script, '{results}.xml'],
              required: true,
              timeout_seconds: 60,
              results: { format: 'junit', path: '{results}.xml' },
            },
          ],
        },
      )
    expect((await verify('true')).report).toMatchObject({
      outcome: 'failed',
      phases: [{ diagnosis: { classification: 'crash' } }],
    })
    expect((await verify('head -c 30 passing.xml > "$0"')).report.outcome).toBe('failed')
    expect((await verify('truncate -s 1G "$0"')).report.outcome).toBe('failed')
    expect((await verify('cp passing.xml "$0"')).report.outcome).toBe('passed')
  })

  it('what a linter prints is no test', async () => {
    const print = (id: string) => `phases:\n  - {id: ${id}, command: [printf, "TAP version 13\\nok 1 - a\\n1..1\\n"]}\n`
    const tests = async (id: string) => {
      const world = await verifierWorld({ '.gander/verify.yaml': print(id) })
      return outcomes((await world.verify()).report)
    }
    expect(await tests('lint')).toEqual({})
    expect(await tests('unit_tests')).toEqual({ a: 'passed' })
  })
})

const home = mkdtempSync(join(tmpdir(), 'gander-results-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const real = createBubblewrapDriver({ home })
const { available, reason } = await real.probe()

describe.skipIf(!available)(`a runner that hangs (skipped where there is no sandbox: ${reason ?? 'there is'})`, () => {
  const running = (mark: string): number =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
      } catch {
        return false
      }
    }).length

  it('ends timed out with none of its children left, and one that leaves a child behind ends with its command', async () => {
    const hang = 'sleep 98761 & (setsid sleep 98761 &) ; wait'
    const leave = 'setsid sleep 98762 & exit 0'
    const files = {
      '.gander/verify.yaml': `phases:\n  - {id: quick, command: [sh, -c, "${leave}"]}\n  - {id: hang, command: [sh, -c, "${hang}"], timeout_seconds: 1}\n`,
    }
    const world = await verifierWorld(files, { driver: real })
    const { report } = await world.verify()
    expect(report.phases.map(({ outcome }) => outcome)).toEqual(['passed', 'timed_out'])
    expect([running('98761'), running('98762')]).toEqual([0, 0])
  })
})
