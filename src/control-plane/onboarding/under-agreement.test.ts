import { describe, expect, it } from 'vitest'
import type { RepositoryAgreement } from '#ports'
import { submission } from '../../../test/support/store-fixtures.ts'
import { underAgreement } from './under-agreement.ts'

const { task } = submission()
const silent: RepositoryAgreement = {
  owner_team: null,
  risk_tier: null,
  allowed_task_classes: null,
  forbidden_paths: [],
  verifier_profile: null,
  instructions_file: null,
  required_reviewers: [],
  autonomy_max: null,
}

describe('a task in a repository that was onboarded', () => {
  it('is what it was where the agreement says nothing', () => {
    expect(underAgreement(task, silent)).toEqual({ ok: true, value: task })
  })

  it('reaches no further than was agreed, and is never taken further', () => {
    const reached = (mode: typeof task.mode, autonomy_max: typeof task.mode) => {
      const under = underAgreement({ ...task, mode }, { ...silent, autonomy_max })
      return under.ok ? under.value.mode : under.refusal
    }
    expect(reached('draft_pr', 'local_branch')).toBe('local_branch')
    expect(reached('analysis_only', 'draft_pr')).toBe('analysis_only')
  })

  it('keeps the agreed paths closed besides its own, and is verified as agreed where it names no profile', () => {
    const own = { ...task, scope: { ...task.scope, forbidden_paths: ['a/**'] } }
    const under = underAgreement(own, { ...silent, forbidden_paths: ['infra/**', 'a/**'], verifier_profile: 'java' })
    expect(under).toMatchObject({
      value: { scope: { forbidden_paths: ['a/**', 'infra/**'] }, verification: { kind: 'named', id: 'java' } },
    })
    const chosen = { kind: 'named', id: 'own' } as const
    const kept = underAgreement({ ...task, verification: chosen }, { ...silent, verifier_profile: 'java' })
    expect(kept).toMatchObject({ value: { verification: chosen } })
  })

  it('is refused where its capability may not work there', () => {
    expect(underAgreement(task, { ...silent, allowed_task_classes: ['docs'] })).toMatchObject({ ok: false })
    expect(underAgreement(task, { ...silent, allowed_task_classes: [] })).toMatchObject({ ok: false })
    expect(underAgreement(task, { ...silent, allowed_task_classes: [task.capability] }).ok).toBe(true)
  })
})
