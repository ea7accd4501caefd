import { describe, expect, it } from 'vitest'
import { capLevel, capReach, caughtByAll, demotedLevelCap, demotedReachCap, strengthOf } from './index.ts'

const NONE = { hits: 0, of: 0 }
const secrets = (hits: number, of: number) => strengthOf({ gate: 'secrets', caught: { hits, of }, false_alarms: NONE })

describe('a gate', () => {
  it('is a proof at its floor and advice below it', () => {
    expect(secrets(97, 100).standing).toBe('proof')
    expect(secrets(96, 100).standing).toBe('advice')
    expect(strengthOf({ gate: 'boundary', caught: { hits: 99, of: 100 }, false_alarms: NONE }).standing).toBe('advice')
  })

  it('that nobody measured proves nothing', () => {
    expect(strengthOf({ gate: 'judge', caught: NONE, false_alarms: NONE })).toMatchObject({
      standing: 'advice',
      recall_bounds: [0, 1],
    })
  })

  it('is weighed with the bounds that so few cases leave', () => {
    const [low, high] = secrets(10, 10).recall_bounds
    expect(low).toBeGreaterThan(0.7)
    expect(low).toBeLessThan(0.75)
    expect(high).toBe(1)
  })
})

describe('a gate that was made advice', () => {
  it('takes autonomy from a run, and gives none to one that has less', () => {
    const caps = [demotedLevelCap([secrets(1, 2)])].flatMap((cap) => cap ?? [])
    expect([capLevel(4, caps).level, capLevel(3, caps).level, capLevel(1, caps).level]).toEqual([2, 2, 1])
    const reach = [demotedReachCap([secrets(1, 2)])].flatMap((cap) => cap ?? [])
    expect(capReach('fleet_campaign', reach).reach).toBe('supervised_pr')
    expect(capReach('draft_pr', reach).reach).toBe('draft_pr')
    expect(caps[0]?.reason).toContain('secrets caught 50 %, floor 97 %')
  })

  it('is one among several: the others hold nothing back', () => {
    expect(demotedLevelCap([secrets(2, 2)])).toBeUndefined()
    expect(demotedReachCap([])).toBeUndefined()
    expect(caughtByAll([secrets(2, 2), secrets(1, 3)])).toEqual({ hits: 3, of: 5 })
  })
})
