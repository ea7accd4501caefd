import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_SANDBOX_PROFILE } from '#domain/sandbox'
import type { Json } from '#domain/json'
import type { VerificationReport } from '#domain/verification'
import type { RunRepository, StepOutcome } from '#ports'
import { createPackageRegistries } from '#adapters/registries'
import { createRedactor } from '#evidence-plane/redaction'
import { findProfile } from '#execution-plane/verifier'
import type { Execution } from '../../../src/execution-plane/worker/execution.ts'
import { judgeProof } from '../../../src/execution-plane/worker/red-green.ts'
import { verify } from '../../../src/execution-plane/worker/verify.ts'
import { makeRepository } from '../git/fixtures.ts'
import { openedRuns } from '../git/opened-runs.ts'
import { memoryArtifacts } from '../verifier/folder-repository.ts'
import { plainDriver } from '../verifier/plain-driver.ts'

const test = (name: string, ...lines: readonly string[]) =>
  [
    'import unittest',
    ...lines.filter((line) => line.startsWith('from ')),
    '',
    `class ${name}(unittest.TestCase):`,
    '    def test_it(self):',
    ...lines.filter((line) => !line.startsWith('from ')).map((line) => `        ${line}`),
    '',
  ].join('\n')

const FIXED = { 'stock.py': 'def count(lines):\n    return len(lines)\n\n\ndef fresh():\n    return 2\n' }

const runs = openedRuns()
let repository: RunRepository
let before: VerificationReport
let execution: Execution

beforeAll(async () => {
  makeRepository(runs.at('proof'), {
    'stock.py': 'def count(lines):\n    return 1\n',
    'tests/__init__.py': '',
    'tests/test_old.py': test('Old', 'from stock import count', 'self.assertEqual(count(["a"]), 1)'),
  })
  repository = await runs.open(runs.at('proof'))
  const reader = {
    list: () => repository.listFiles(repository.source.tree),
    read: (path: string) => repository.readFile(repository.source.tree, path),
  }
  const profile = await findProfile(reader, null, createPackageRegistries({ home: '/tmp/gander-test' }))
  if (!profile.ok) throw new Error(profile.refusal.message)
  const perform = async (_: unknown, act: () => Promise<StepOutcome<Json>>) => (await act()).value
  execution = {
    parts: {
      driver: plainDriver(),
      artifacts: memoryArtifacts(),
      redactor: createRedactor(),
      clock: { now: () => Date.now(), sleep: async () => undefined },
    },
    run: { id: 'run_test' },
    task: {
      repository: 'proof',
      capability: 'maintenance.bug_fix',
      agent: { kind: 'native' },
      is_fix: true,
      title: 'Counts are wrong',
      objective: 'Two lines count as one.',
      success_criteria: [],
    },
    journal: { perform },
    signal: new AbortController().signal,
    found: {
      repository,
      profile: profile.value,
      sandbox: { ...DEFAULT_SANDBOX_PROFILE, version: 'v' },
      reports: new Map(),
      verdicts: new Map(),
    },
  } as unknown as Execution
  before = await verify(execution, { tree: repository.source.tree })
})
afterAll(() => runs.remove())

/** What the gate says of the fix with this test. */
async function judged(...lines: readonly string[]) {
  const tree = runs.derive(repository, { ...FIXED, 'tests/test_new.py': test('New', ...lines) })
  const change = await repository.diff(repository.source.tree, tree)
  const { found } = execution
  found.before = before
  found.change = change
  found.after = await verify(execution, { tree })
  found.reproduction = { status: 'not_reproduced', reason: '' }
  const { answer } = await judgeProof(execution, tree, 1)
  const proofs = found.red_green?.tests.map(({ proof }) => proof)
  return { answer, proofs, reproduction: found.reproduction.status, report: found.red_green }
}

describe('a fix', () => {
  it('is proved by a test that sees it, and that runs what was changed', async () => {
    const { report, ...said } = await judged('from stock import count', 'self.assertEqual(count(["a", "b"]), 2)')
    expect(said).toEqual({ answer: 'pass', proofs: ['red_green'], reproduction: 'reproduced' })
    expect(report?.reach).toMatchObject({ measured: true, files: [{ path: 'stock.py' }] })
  })

  it('is not proved by a test that looks at the text of the change, however red it was', async () => {
    const { report, ...said } = await judged('self.assertIn("len(lines)", open("stock.py").read())')
    expect(said).toEqual({ answer: 'fail', proofs: ['unrelated'], reproduction: 'unrelated' })
    expect(report?.reach).toMatchObject({ measured: true, covered: 0 })
  })

  it('is not proved by a test of something that only the fix brings, which is named', async () => {
    const { report, ...said } = await judged('import stock', 'self.assertEqual(stock.fresh(), 2)')
    expect(said).toEqual({ answer: 'fail', proofs: ['red_by_absence'], reproduction: 'not_reproduced' })
    expect(report?.absence).toMatchObject({ is_enough: false, reason: expect.stringContaining('fresh') })
  })
})
