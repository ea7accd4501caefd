import { describe, expect, it } from 'vitest'
import {
  capReach,
  earnedLevel,
  gateStrengthCap,
  lowerBound,
  onboardingCap,
  phaseCap,
  REACHES,
  reachOfTier,
  ROLLOUT_PHASES,
  unmetCriteria,
  upperBound,
  weighCriteria,
  type ReachCap,
  type RolloutFigures,
} from './index.ts'

const cap = (reach: ReachCap['reach'], source: ReachCap['source'] = 'tier'): ReachCap => ({
  source,
  reach,
  reason: reach,
})

describe('reach', () => {
  it('is the lowest of its caps for every pair of them, and never more than was wanted', () => {
    for (const wanted of REACHES)
      for (const one of REACHES)
        for (const other of REACHES) {
          const { reach } = capReach(wanted, [cap(one), cap(other)])
          const least = Math.min(...[wanted, one, other].map((each) => REACHES.indexOf(each)))
          expect(reach).toBe(REACHES[least])
        }
  })

  it('names every cap that made it less, and none where nothing did', () => {
    const lowered = capReach('draft_pr', [
      cap('local_branch', 'risk'),
      cap('local_branch', 'policy'),
      cap('supervised_pr'),
    ])
    expect(lowered.limited_by.map(({ source }) => source)).toEqual(['risk', 'policy'])
    expect(capReach('draft_pr', [cap('draft_pr')]).limited_by).toEqual([])
  })

  it('goes by tier: advice, local edits, pull requests, bounded maintenance, and no further for 4 and 5', () => {
    expect(([0, 1, 2, 3, 4, 5] as const).map(reachOfTier)).toEqual([
      'analysis_only',
      'local_branch',
      'supervised_pr',
      'fleet_campaign',
      'fleet_campaign',
      'fleet_campaign',
    ])
  })

  it('is a draft where a repository is not onboarded or nobody measured its tests', () => {
    expect(onboardingCap(false).reach).toBe('draft_pr')
    expect(gateStrengthCap(null, { hits: 500, of: 500 }).reach).toBe('draft_pr')
    expect(gateStrengthCap(0.95, { hits: 0, of: 0 }).reach).toBe('supervised_pr')
    expect(gateStrengthCap(0.8, { hits: 490, of: 500 }).reach).toBe('autonomous_pr')
    expect(gateStrengthCap(0.95, { hits: 1000, of: 1000 }).reach).toBe('fleet_campaign')
    expect(phaseCap(1).reach).toBe('analysis_only')
  })
})

describe('bounds', () => {
  it('claim nothing from nothing and little from little', () => {
    expect([lowerBound({ hits: 0, of: 0 }), upperBound({ hits: 0, of: 0 })]).toEqual([0, 1])
    expect(lowerBound({ hits: 10, of: 10 })).toBeCloseTo(0.722, 2)
    expect(upperBound({ hits: 0, of: 300 })).toBeCloseTo(0.0126, 3)
  })
})

describe('the level a class has earned', () => {
  const figures = {
    runs: 600,
    successful: 590,
    gate_accuracy: { hits: 995, of: 1000 },
    overridden: { hits: 6, of: 600 },
    retries: 300,
  }

  it('goes up one after the other, and none is left out', () => {
    expect(earnedLevel(figures)).toEqual({ level: 4, missing: [] })
    expect(earnedLevel({ ...figures, runs: 9, successful: 9 }).level).toBe(1)
    expect(earnedLevel({ ...figures, overridden: { hits: 40, of: 600 } }).level).toBe(3)
    expect(earnedLevel({ ...figures, gate_accuracy: { hits: 85, of: 100 } }).level).toBe(2)
  })

  it('is not earned by a rate that a few runs show: 50 of 50 right leave more than one in fifty open', () => {
    const few = { ...figures, runs: 120, successful: 120, retries: 60, gate_accuracy: { hits: 50, of: 50 } }
    expect(earnedLevel(few)).toEqual({
      level: 3,
      missing: ['gates right in at least 92.9 %, wanted more than 98.0 %'],
    })
  })
})

describe('the rollout', () => {
  const figures: RolloutFigures = {
    runs: 400,
    completed: { hits: 390, of: 400 },
    publication_failures: { hits: 0, of: 400 },
    forbidden_path_incidents: 0,
    secret_incidents: 0,
    scope_rejections: { hits: 4, of: 400 },
    cost_per_success_usd: 0.2,
    merged: null,
    rollbacks: null,
    verifier_escapes: null,
    average_changed_lines: null,
  }

  it('lets a class leave drafts by its figures, and keeps it where one is missed', () => {
    expect(unmetCriteria(3, figures)).toEqual([])
    expect(unmetCriteria(3, { ...figures, secret_incidents: 1 }).map(({ metric }) => metric)).toEqual([
      'secret_incidents',
    ])
    expect(unmetCriteria(3, { ...figures, runs: 99 }).map(({ metric }) => metric)).toEqual(['runs'])
  })

  it('takes what nobody measures for not met', () => {
    expect(unmetCriteria(4, figures).map(({ metric }) => metric)).toEqual([
      'merged',
      'rollbacks',
      'verifier_escapes',
      'average_changed_lines',
    ])
    expect(weighCriteria(4, figures).find(({ metric }) => metric === 'merged')?.measured).toBeNull()
  })

  it('reaches further with each phase on real repositories', () => {
    const reaches = ([1, 2, 3, 4, 5, 6] as const).map((phase) => REACHES.indexOf(ROLLOUT_PHASES[phase].reach))
    expect(reaches).toEqual([...reaches].sort((one, other) => one - other))
  })
})
