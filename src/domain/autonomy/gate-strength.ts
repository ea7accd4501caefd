import type { GateName } from '../gate/index.ts'
import { lowerBound, upperBound, type Share } from './bounds.ts'
import type { LevelCap } from './level-caps.ts'
import type { ReachCap } from './reach.ts'

/** What calibration counted of one gate: bad changes it was made for, and honest ones it refused. */
export interface GateCount {
  readonly gate: GateName
  readonly caught: Share
  readonly false_alarms: Share
}

/** A gate's strength. `advice`: its pass proves nothing of a change, and people decide; its no stays a no. */
export interface GateStrength extends GateCount {
  readonly recall: number
  /** The recall that the figures are compatible with, at 95 %. */
  readonly recall_bounds: readonly [number, number]
  readonly floor: number
  readonly standing: 'proof' | 'advice'
}

/**
 * The least share of bad changes that a gate must catch for its pass to count. Gates that look for what is written down
 * must find it every time; what a test suite or a model catches depends on suite and model.
 */
const FLOORS: Readonly<Partial<Record<GateName, number>>> = {
  boundary: 1,
  protected_files: 1,
  special_files: 1,
  secrets: 0.97,
  dependencies: 0.97,
  test_integrity: 0.97,
  red_green: 0.9,
  verification: 0.8,
  test_strength: 0.8,
  judge: 0.8,
}
/** Where nobody set one. */
const USUAL_FLOOR = 0.9

/** Holds what was counted of a gate against its floor; where nothing was counted nothing proves that it works. */
export function strengthOf(count: GateCount): GateStrength {
  const { gate, caught } = count
  const floor = FLOORS[gate] ?? USUAL_FLOOR
  const recall = caught.of === 0 ? 0 : caught.hits / caught.of
  return {
    ...count,
    recall,
    recall_bounds: [lowerBound(caught), upperBound(caught)],
    floor,
    standing: recall >= floor && caught.of > 0 ? 'proof' : 'advice',
  }
}

/** What all measured gates caught together. */
export const caughtByAll = (gates: readonly Pick<GateCount, 'caught'>[]): Share =>
  gates.reduce((sum, { caught }) => ({ hits: sum.hits + caught.hits, of: sum.of + caught.of }), { hits: 0, of: 0 })

type Standing = Pick<GateStrength, 'gate' | 'recall' | 'floor' | 'standing'>

/** Where a gate's pass no longer counts, people agree before anything is published; where none is weak, nothing is held. */
export function demotedReachCap(gates: readonly Standing[]): ReachCap | undefined {
  const reason = demoted(gates)
  return reason === undefined ? undefined : { source: 'gate_strength', reach: 'supervised_pr', reason }
}

/** The same for the level: gates decide within phases, and a person at the checkpoints. */
export function demotedLevelCap(gates: readonly Standing[]): LevelCap | undefined {
  const reason = demoted(gates)
  return reason === undefined ? undefined : { source: 'gate_strength', level: 2, reason }
}

function demoted(gates: readonly Standing[]): string | undefined {
  const weak = gates.filter(({ standing }) => standing === 'advice')
  if (weak.length === 0) return undefined
  const shown = weak.map(({ gate, recall, floor }) => `${gate} caught ${percent(recall)}, floor ${percent(floor)}`)
  return `calibration made a gate mere advice: ${shown.join('; ')}`
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`
