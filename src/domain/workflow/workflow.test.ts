import { describe, expect, it } from 'vitest'
import type { GateName } from '../gate/index.ts'
import {
  ALWAYS_ABORT,
  atMostLevel,
  BUILT_IN_PROFILES,
  dispositionOf,
  tooManyFiles,
  unmetByReview,
  unmetByTests,
  type WorkflowProfile,
} from './index.ts'

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

describe('a profile held to a lower level', () => {
  it('asks people wherever that level does and keeps what it asked for itself, for every pair of levels', () => {
    for (const own of LEVELS)
      for (const most of LEVELS) {
        const held = atMostLevel(BUILT_IN_PROFILES[own], most)
        const lower = Math.min(own, most) as (typeof LEVELS)[number]
        expect(held.level).toBe(lower)
        expect(checkpointsOf(held)).toEqual(expect.arrayContaining(checkpointsOf(BUILT_IN_PROFILES[lower])))
      }
  })

  it('no longer takes a no of the judge for a warning', () => {
    const { phases, ...rest } = BUILT_IN_PROFILES[3]
    const lax = { ...rest, phases: { ...phases, review: { disposition: 'warn', checkpoint: null } } } as const
    expect(dispositionOf(lax, 'judge')).toBe('warn')
    expect(dispositionOf(atMostLevel(lax, 2), 'judge')).toBe('repair')
  })
})

describe('the figures of a level', () => {
  const { gates } = BUILT_IN_PROFILES[4]
  const rules = (findings: readonly { readonly rule: string }[]) => findings.map(({ rule }) => rule)

  it('are not met by what nobody measured, nor by a test that failed before', () => {
    expect(rules(unmetByTests(gates, { coverage: null, failing: 0 }))).toEqual(['level.coverage_min'])
    expect(rules(unmetByTests(gates, { coverage: 0.89, failing: 1 }))).toEqual(['level.all_pass', 'level.coverage_min'])
    expect(unmetByTests(gates, { coverage: 0.9, failing: 0 })).toEqual([])
  })

  it('hold a review to what it leaves to people, and a publication to its files', () => {
    expect(rules(unmetByReview(gates, { blockers: 1, critical: 1 }))).toEqual([
      'level.max_blockers',
      'level.max_critical',
    ])
    expect(unmetByReview(gates, { blockers: 0, critical: 0 })).toEqual([])
    expect(tooManyFiles(gates, 21)).toMatch(/21 files/)
    expect(tooManyFiles(gates, 20)).toBeUndefined()
  })

  it('ask for nothing below level 4', () => {
    for (const level of [1, 2, 3] as const) {
      const below = BUILT_IN_PROFILES[level].gates
      expect(unmetByTests(below, { coverage: null, failing: 3 })).toEqual([])
      expect(unmetByReview(below, { blockers: 9, critical: 1 })).toEqual([])
      expect(tooManyFiles(below, 500)).toBeUndefined()
    }
  })
})
