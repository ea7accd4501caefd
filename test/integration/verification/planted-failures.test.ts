import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { VerificationReport } from '#domain/verification'
import type { SandboxDriver } from '#ports'
import { judgeVerification } from '#execution-plane/verifier'
import { settleFlaky } from '../../../src/execution-plane/worker/settle-flaky.ts'
import { plainDriver } from '../verifier/plain-driver.ts'
import { verifierWorld } from '../verifier/world.ts'

/** Leaves in every fresh sandbox how many were opened before it, so that a test can do otherwise each time. */
function countingDriver(): SandboxDriver {
  const plain = plainDriver()
  let opened = 0
  return {
    ...plain,
    open: async (spec) => {
      const sandbox = await plain.open(spec)
      writeFileSync(join(sandbox.tree.path, '.opened'), String(opened++))
      return sandbox
    },
  }
}

const tests = (...lines: readonly string[]) =>
  [
    'import unittest',
    '',
    'OPENED = int(open("/workspace/.opened").read())',
    '',
    '',
    'class Planted(unittest.TestCase):',
    '    def test_steady(self):',
    '        self.assertTrue(True)',
    '',
    '    def test_planted(self):',
    ...lines.map((line) => `        ${line}`),
    '',
  ].join('\n')

/** The base commit is verified in the first sandbox, the proposed tree in the second, repetitions after that. */
async function judged(...planted: readonly string[]) {
  const world = await verifierWorld({ 'tests/test_planted.py': tests(...planted) }, { driver: countingDriver() })
  const baseline = await world.verify()
  const first = await world.verify({ 'note.py': 'x = 1\n' })
  const again = async (): Promise<VerificationReport> => (await world.verify({ 'note.py': 'x = 1\n' })).report
  const ground = { baseline: baseline.report, known_flaky: new Map<string, string>() }
  const { head, repeats, failures } = await settleFlaky(ground, first.report, again)
  const verdict = judgeVerification(baseline.report, head, undefined, failures)
  const origins = failures
    .filter(({ kind }) => kind === 'test')
    .map(({ id, origin }) => `${id.split('::').at(-1)} ${origin}`)
  return { origins, repeats: repeats.length, answer: verdict.answer, rules: verdict.findings.map(({ rule }) => rule) }
}

describe('a planted failure of the proposed tree', () => {
  it('that comes and goes is flaky: named, and not laid to the change', async () => {
    expect(await judged('self.assertNotEqual(OPENED, 1)')).toEqual({
      origins: ['test_planted flaky'],
      repeats: 1,
      answer: 'pass',
      rules: ['test.flaky'],
    })
  })

  it('that was there before is pre-existing, and is not run again', async () => {
    const { origins, repeats, answer } = await judged('self.fail("long ago")')
    expect([origins, repeats, answer]).toEqual([['test_planted pre_existing'], 0, 'pass'])
  })

  it('that stays is the change’s', async () => {
    const { origins, repeats, answer } = await judged('self.assertEqual(OPENED, 0)')
    expect([origins, repeats, answer]).toEqual([['test_planted mine'], 2, 'fail'])
  })

  it('of a full disk is the machine’s: a disk with room again passes, one without is no verdict at all', async () => {
    const full = (when: string) => [
      `if ${when}:`,
      '    with open("/dev/full", "w") as file:',
      '        file.write("x")',
    ]
    const passing = await judged(...full('OPENED == 1'))
    expect([passing.origins, passing.answer]).toEqual([[], 'pass'])
    const lasting = await judged(...full('OPENED > 0'))
    expect([lasting.origins, lasting.answer]).toEqual([['test_planted infrastructure'], 'unavailable'])
  })
})
