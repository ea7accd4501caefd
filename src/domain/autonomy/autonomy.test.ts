import { describe, expect, it } from 'vitest'
import {
  approvalsToPublish,
  brokenFloors,
  capLevel,
  capReach,
  earnedLevel,
  gateStrengthCap,
  gateStrengthLevelCap,
  lowerBound,
  onboardingCap,
  onboardingLevelCap,
  phaseCap,
  REACHES,
  reachOfTier,
  riskCap,
  riskLevelCap,
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
    expect(onboardingCap(undefined).reach).toBe('draft_pr')
    expect(onboardingCap({ autonomy_max: null }).reach).toBe('fleet_campaign')
    expect(onboardingCap({ autonomy_max: 'local_branch' }).reach).toBe('local_branch')
    expect(gateStrengthCap(null, { hits: 500, of: 500 }).reach).toBe('draft_pr')
    expect(gateStrengthCap(0.95, { hits: 0, of: 0 }).reach).toBe('supervised_pr')
    expect(gateStrengthCap(0.8, { hits: 490, of: 500 }).reach).toBe('autonomous_pr')
    expect(gateStrengthCap(0.95, { hits: 1000, of: 1000 }).reach).toBe('fleet_campaign')
    expect(phaseCap(1).reach).toBe('analysis_only')
  })
})

describe('risk', () => {
  const risk = { tier: 'high', max_level: 2, least_approvals: 1, required_approvals: [] } as const

  it('lets an agent write nothing at autonomy tier 0, and publish at 1 what people agreed to', () => {
    expect(riskCap({ tier: 'critical', max_autonomy_tier: 0 }).reach).toBe('analysis_only')
    expect(riskCap({ tier: 'high', max_autonomy_tier: 1 }).reach).toBe('supervised_pr')
    expect(riskCap({ tier: 'low', max_autonomy_tier: 3 }).reach).toBe('fleet_campaign')
  })

  it('asks for the approvals of the reading beyond its tier, at least one, and as many as the tier asks for', () => {
    const asked = approvalsToPublish({ ...risk, max_autonomy_tier: 1 }, 'draft_pr')
    expect(asked).toEqual([{ kind: 'reviewer', quorum: 1 }])
    expect(approvalsToPublish({ ...risk, max_autonomy_tier: 1 }, 'local_branch')).toEqual([])
    expect(approvalsToPublish({ ...risk, max_autonomy_tier: 2 }, 'draft_pr')).toEqual([])
    const more = {
      max_autonomy_tier: 1,
      least_approvals: 3,
      required_approvals: ['domain_owner', 'code_owner'],
    } as const
    expect(approvalsToPublish(more, 'draft_pr')).toEqual([
      { kind: 'domain_owner', quorum: 2 },
      { kind: 'code_owner', quorum: 1 },
    ])
  })

  it('lowers the level of what leaves, and of nothing that stays', () => {
    expect(riskLevelCap(risk, 'draft_pr')).toMatchObject({ source: 'risk', level: 2 })
    expect(riskLevelCap(risk, 'dry_run_patch').level).toBe(4)
  })
})

describe('the level', () => {
  it('is the lowest of its caps and never more than was wanted, with the caps that made it less', () => {
    const granted = capLevel(4, [onboardingLevelCap(false), gateStrengthLevelCap(null), gateStrengthLevelCap(0.95)])
    expect(granted).toMatchObject({ wanted: 4, level: 3 })
    expect(granted.limited_by.map(({ source }) => source)).toEqual(['onboarding', 'gate_strength'])
    expect(capLevel(2, [onboardingLevelCap(true)])).toMatchObject({ level: 2, limited_by: [] })
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

  it('takes a phase back where figures are clearly below its floor, and not where they may be by chance', () => {
    const right = { hits: 99, of: 100 }
    expect(brokenFloors(4, { ...figures, gate_accuracy: right })).toEqual([])
    expect(brokenFloors(4, { ...figures, gate_accuracy: right, secret_incidents: 1 })).toMatchObject([
      { metric: 'secret_incidents', to: 3 },
    ])
    expect(brokenFloors(5, { ...figures, gate_accuracy: { hits: 60, of: 100 } })).toMatchObject([
      { metric: 'gate_accuracy', to: 4 },
    ])
    expect(brokenFloors(5, { ...figures, gate_accuracy: { hits: 1, of: 2 } })).toEqual([])
    expect(brokenFloors(3, { ...figures, gate_accuracy: right, secret_incidents: 9 })).toEqual([])
  })

  it('reaches further with each phase on real repositories', () => {
    const reaches = ([1, 2, 3, 4, 5, 6] as const).map((phase) => REACHES.indexOf(ROLLOUT_PHASES[phase].reach))
    expect(reaches).toEqual([...reaches].sort((one, other) => one - other))
  })
})
