import { expect, it } from 'vitest'
import type { RunArtifact } from '#ports'
import { paintFor } from '../screen/paint.ts'
import { planLines } from './plan-lines.ts'

const ESCAPE = '\u001b]0;x\u0007'
const RECORD = {
  plan: {
    objective: `Two lines of one article add up.${ESCAPE}`,
    assumptions: [],
    constraints: [],
    steps: [
      { id: 'S1', action: 'patch', target: 'stocktake/count.py '.repeat(12), expected_evidence: `a diff${ESCAPE}` },
    ],
    verification: ['the suite'],
    forbidden: ['CI configuration'],
    risk: 'low',
  },
  likely_files: ['a.py', 'b.py', 'c.py', 'd.py'].map((path) => ({ path, reasons: [] })),
  planned_files: ['stocktake/count.py'],
  verification: { focused: 'pytest tests/test_count.py', required: ['python -m unittest'] },
  owners: ['@acme/stock'],
  risk: { tier: 'medium', notes: ['file_sensitivity: it decides about money', 'billing_domain'] },
  approval: { requires_plan_approval: true, kinds: ['code_owner'] },
  rollback: ['Close the pull request.'],
  findings: [{ severity: 'warning', message: 'No assumption is named.' }],
  foreseen: [{ severity: 'warning', message: 'Most of what is likely lies outside.' }],
}

const shown = async (record: object | undefined) => {
  const bytes = record === undefined ? undefined : new TextEncoder().encode(JSON.stringify(record))
  const screen = { write: () => {}, writeBytes: async () => {}, is_terminal: false, columns: () => 80 }
  const artifacts = [{ kind: 'plan_record', sha256: 'x' } as RunArtifact]
  return planLines({ artifact: async () => bytes }, { artifacts }, { paint: paintFor(screen, {}), width: 80 })
}

it('shows a plan within the width of the screen, with everything that was known around it', async () => {
  const lines = await shown(RECORD)
  const page = lines.join('\n')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  expect(page).not.toContain('\u001b')
  for (const told of [
    'S1',
    'likely      a.py, b.py, c.py and 1 more',
    'proof       pytest tests/test_count.py (first); python -m unittest',
    'owners      @acme/stock',
    'risk        medium; billing domain',
    'approval    a person looks at the plan, code owner',
    'not to do   CI configuration',
    'rollback    Close the pull request.',
    '! Most of what is likely lies outside.',
    '! No assumption is named.',
  ])
    expect(page).toContain(told)
})

it('shows what an older record holds, and nothing where none is kept any more', async () => {
  expect((await shown({ plan: RECORD.plan })).join('\n')).toContain('proof       the suite')
  expect(await shown(undefined)).toEqual([])
})
