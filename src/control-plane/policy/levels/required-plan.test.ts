import { describe, expect, it } from 'vitest'
import type { PolicyLevel } from '#domain/policy'
import { compileLevels } from './compile-policy.ts'
import { diffDocuments } from '../desk/diff-documents.ts'
import { readPolicy } from './read-policy.ts'
import { requiredPlan } from './required-plan.ts'

function levelsOf(texts: Readonly<Partial<Record<PolicyLevel, string>>>) {
  const documents = (Object.entries(texts) as [PolicyLevel, string][]).map(([level, text]) => {
    const read = readPolicy(text, { level, name: level })
    if (!read.ok) throw new Error(read.refusal.join('\n'))
    return read.value.document
  })
  const levels = compileLevels(documents, undefined)
  if (!levels.ok) throw new Error(levels.refusal.join('\n'))
  return { documents, levels: levels.value }
}

const ORGANISATION = `verification:
  - rule: payments
    paths: ["src/pay/**"]
    plan: {required: [integration], kill_ratio: 0.8}
  - repositories: ["https://forge.example.org/core/*"]
    task_classes: ["dependency_*"]
    plan: {minutes: 10}
`
const REPOSITORY = 'verification:\n  - plan: {mutants: 12}\n'

describe('a stricter plan of verification, by policy', () => {
  const { levels, documents } = levelsOf({ organisation: ORGANISATION, repository: REPOSITORY })
  const ask = (path: string, task_class = 'code_change', repository = 'https://forge.example.org/core/till') =>
    requiredPlan(levels, { paths: [path], task_class, repository }).map(({ by }) => by)

  it('is asked for by every level that speaks of the paths, the kind of task and the repository', () => {
    expect(ask('docs/a.md')).toEqual(['the policy repository (verification.1)'])
    expect(ask('SRC/Pay/card.ts')).toContain('the policy organisation (payments)')
    expect(ask('docs/a.md', 'dependency_upgrade')).toContain('the policy organisation (verification.2)')
    expect(ask('docs/a.md', 'dependency_upgrade', 'https://forge.example.org/other')).toHaveLength(1)
    expect(requiredPlan(levels, { paths: ['src/pay/a.ts'], task_class: 'x', repository: '' })[0]?.terms).toEqual({
      required: ['integration'],
      kill_ratio: 0.8,
    })
  })

  it('a path that nothing safe can be said about is one that every rule speaks of', () => {
    expect(ask('../outside')).toContain('the policy organisation (payments)')
  })

  it('is told where two policies are compared, and leaves the version of what says nothing of it', () => {
    const [organisation] = documents
    const silent = levelsOf({ organisation: 'max_mode: draft_pr\n' }).documents
    expect(silent[0]).not.toHaveProperty('verification')
    const said = diffDocuments([], organisation === undefined ? [] : [organisation])
    expect(said.filter(({ direction }) => direction === 'stricter').map((one) => one.said)).toContain(
      'verification + required integration, kill_ratio 0.8 for src/pay/**',
    )
  })

  it('words that would weaken it are refused with what is possible', () => {
    const refused = (plan: string) =>
      readPolicy(`verification:\n  - plan: ${plan}\n`, { level: 'organisation', name: 'o' })
    for (const plan of [
      '{forbidden: [lint]}',
      '{mutants: 0}',
      '{kill_ratio: 2}',
      '{required: [lints]}',
      '{strength_when: altered}',
    ])
      expect(refused(plan).ok, plan).toBe(false)
    expect(
      readPolicy('verification:\n  - paths: ["!src"]\n    plan: {mutants: 3}\n', { level: 'organisation', name: 'o' })
        .ok,
    ).toBe(false)
  })
})
