import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { VerificationReport } from '#domain/verification'
import type { SandboxDriver } from '#ports'
import { judgeVerification } from '#execution-plane/verifier'
import { settleFlaky } from '../../../src/execution-plane/worker/settle-flaky.ts'
import type { Files } from '../verifier/folder-repository.ts'
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

interface Told {
  /** How often the base commit is verified before the proposed tree is; absent means once. */
  readonly base_times?: number
  /** The longest a phase may take. */
  readonly seconds?: number
}

const NOTE = { 'note.py': 'x = 1\n' }

/** The base commit is verified in the first sandboxes, the proposed tree in the next one, repetitions after that. */
async function judged(planted: readonly string[], { base_times = 1, seconds = 600 }: Told = {}) {
  const world = await verifierWorld({ 'tests/test_planted.py': tests(...planted) }, { driver: countingDriver() })
  const phases = world.profile.phases.map((phase) => ({ ...phase, timeout_seconds: seconds }))
  const look = async (changes: Files): Promise<VerificationReport> =>
    (await world.verify(changes, { ...world.profile, phases })).report
  const baseline = await look({})
  const base_repeats: VerificationReport[] = []
  while (base_repeats.length + 1 < base_times) base_repeats.push(await look({}))
  const ground = { baseline, base_repeats, known_flaky: new Map<string, string>() }
  const { head, repeats, failures } = await settleFlaky(ground, await look(NOTE), () => look(NOTE))
  const verdict = judgeVerification(baseline, head, undefined, failures)
  const origins = failures
    .filter(({ by_tests }) => by_tests !== true)
    .map(({ id, origin }) => `${id.split('::').at(-1)} ${origin}`)
  return { origins, repeats: repeats.length, answer: verdict.answer, rules: verdict.findings.map(({ rule }) => rule) }
}

describe('a planted failure of the proposed tree', () => {
  it('that comes and goes is flaky: named, and not laid to the change', async () => {
    expect(await judged(['self.assertNotEqual(OPENED, 1)'])).toEqual({
      origins: ['test_planted flaky'],
      repeats: 1,
      answer: 'pass',
      rules: ['test.flaky'],
    })
  })

  it('that was there before is pre-existing, and is not run again', async () => {
    const { origins, repeats, answer } = await judged(['self.fail("long ago")'])
    expect([origins, repeats, answer]).toEqual([['test_planted pre_existing'], 0, 'pass'])
  })

  it('that stays is the change’s', async () => {
    const { origins, repeats, answer } = await judged(['self.assertEqual(OPENED, 0)'])
    expect([origins, repeats, answer]).toEqual([['test_planted mine'], 2, 'fail'])
  })

  it('of a full disk is the machine’s: a disk with room again passes, one without is no verdict at all', async () => {
    const full = (when: string) => [
      `if ${when}:`,
      '    with open("/dev/full", "w") as file:',
      '        file.write("x")',
    ]
    const passing = await judged(full('OPENED == 1'))
    expect([passing.origins, passing.answer]).toEqual([[], 'pass'])
    const lasting = await judged(full('OPENED > 0'))
    expect([lasting.origins, lasting.answer]).toEqual([['test_planted infrastructure'], 'unavailable'])
  })

  it('of a test that fails now and then on the base commit does not hide behind that', async () => {
    const now_and_then = ['self.assertNotEqual(OPENED, 0)']
    const broken = ['import os', 'self.assertFalse(os.path.exists("/workspace/note.py"))', ...now_and_then]
    const found = await judged(broken, { base_times: 5 })
    expect(found).toMatchObject({ origins: ['test_planted mine'], repeats: 4, answer: 'fail' })
  })

  it('by a limit of time that does not last is the machine’s', async () => {
    const slow = ['import time', 'time.sleep(600 if OPENED == 1 else 0)']
    const { origins, answer } = await judged(slow, { seconds: 8 })
    expect([origins, answer]).toEqual([[], 'pass'])
  })
})
