import { describe, expect, it } from 'vitest'
import type { GateName } from '../gate/index.ts'
import { ALWAYS_ABORT, BUILT_IN_PROFILES, dispositionOf, type WorkflowProfile } from './index.ts'

const LEVELS = [1, 2, 3, 4] as const

const checkpointsOf = (profile: WorkflowProfile) =>
  Object.entries(profile.phases).flatMap(([phase, { checkpoint }]) => (checkpoint === null ? [] : [phase]))

describe('the built-in profiles', () => {
  it('ask a person after every phase at level 1, at three checkpoints at level 2, and nowhere above', () => {
    expect(LEVELS.map((level) => checkpointsOf(BUILT_IN_PROFILES[level]))).toEqual([
      ['plan', 'build', 'test', 'review'],
      ['plan', 'test', 'review'],
      [],
      [],
    ])
  })

  it('merge nothing', () => {
    for (const level of LEVELS) expect(BUILT_IN_PROFILES[level].gates.auto_merge.enabled).toBe(false)
  })
})

describe('what a gate’s no leads to', () => {
  it('is a person’s at level 1, repairs at 2 and above, and the end where something was violated', () => {
    expect(LEVELS.map((level) => dispositionOf(BUILT_IN_PROFILES[level], 'verification'))).toEqual([
      'ask',
      'repair',
      'repair',
      'repair',
    ])
    for (const level of LEVELS)
      for (const gate of ALWAYS_ABORT) expect(dispositionOf(BUILT_IN_PROFILES[level], gate)).toBe('abort')
  })

  it('is never a warning for a gate that is required, whatever a profile says; the judge’s may be one', () => {
    const { phases, ...rest } = BUILT_IN_PROFILES[3]
    const lax: WorkflowProfile = {
      ...rest,
      // Every phase of the table, with the laxest answer there is.
      phases: Object.fromEntries(
        Object.keys(phases).map((phase) => [phase, { disposition: 'warn', checkpoint: null }]),
      ) as unknown as WorkflowProfile['phases'],
    }
    const required: readonly GateName[] = [...ALWAYS_ABORT, 'intake', 'plan', 'verification']
    expect(required.map((gate) => dispositionOf(lax, gate))).toEqual(required.map(() => 'abort'))
    expect(dispositionOf(lax, 'judge')).toBe('warn')
  })
})
