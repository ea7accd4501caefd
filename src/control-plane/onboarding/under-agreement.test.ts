import { describe, expect, it } from 'vitest'
import type { RepositoryRecord } from '#ports'
import { submission } from '../../../test/support/store-fixtures.ts'
import { underAgreement } from './under-agreement.ts'

const { task } = submission()
const silent: RepositoryRecord = {
  repository: task.repository,
  version: 3,
  changed_by: 'ada',
  changed_at: '2027-01-01T00:00:00Z',
  owner_team: null,
  risk_tier: null,
  allowed_task_classes: null,
  forbidden_paths: [],
  verifier_profile: null,
  instructions_file: null,
  required_reviewers: [],
  autonomy_max: null,
  domains: [],
  runtime: null,
  data_classes: [],
  coverage: null,
}

describe('a task in a repository that was onboarded', () => {
  it('is what it was where the agreement says nothing', () => {
    const { repository: _, changed_by: __, changed_at: ___, ...agreement } = silent
    expect(underAgreement(task, silent)).toEqual({ ok: true, value: { ...task, agreement } })
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
  })

  it('is proved by no other profile than the agreed one, and by its own where none was agreed', () => {
    const chosen = { kind: 'named', id: 'own' } as const
    const own = underAgreement({ ...task, verification: chosen }, { ...silent, verifier_profile: 'java' })
    expect(own).toMatchObject({ ok: false, refusal: expect.stringContaining('profile java') })
    const same = { ...task, verification: { kind: 'named', id: 'java' } } as const
    expect(underAgreement(same, { ...silent, verifier_profile: 'java' }).ok).toBe(true)
    expect(underAgreement({ ...task, verification: chosen }, silent)).toMatchObject({ value: { verification: chosen } })
  })

  it('is owned by the agreed team where it names nobody', () => {
    const owner = (given: string | null) => {
      const under = underAgreement({ ...task, owner: given }, { ...silent, owner_team: 'payments' })
      return under.ok ? under.value.owner : under.refusal
    }
    expect([owner(null), owner('ada')]).toEqual(['payments', 'ada'])
  })

  it('is refused where its capability may not work there', () => {
    expect(underAgreement(task, { ...silent, allowed_task_classes: ['docs'] })).toMatchObject({ ok: false })
    expect(underAgreement(task, { ...silent, allowed_task_classes: [] })).toMatchObject({ ok: false })
    expect(underAgreement(task, { ...silent, allowed_task_classes: [task.capability] }).ok).toBe(true)
  })
})
