import { lowerBound, upperBound, type Share } from './bounds.ts'
import type { AutonomyFigures } from './earned-level.ts'
import type { Reach } from './reach.ts'

export type PhaseNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6

/** What is measured of a task class since it entered its phase; null: nobody measures it yet, which meets nothing. */
export interface RolloutFigures {
  readonly runs: number
  readonly completed: Share
  readonly publication_failures: Share
  readonly forbidden_path_incidents: number
  readonly secret_incidents: number
  readonly scope_rejections: Share
  readonly cost_per_success_usd: number | null
  readonly merged: Share | null
  readonly rollbacks: number | null
  readonly verifier_escapes: Share | null
  readonly average_changed_lines: number | null
}

/** One criterion for leaving a phase. */
interface Criterion {
  readonly metric: keyof RolloutFigures
  /** `least`: the value, or the lower bound of a share, must reach it; `most`: the value or upper bound may not exceed it. */
  readonly must: 'least' | 'most'
  readonly value: number
}

/** What a class must go on showing to stay in a phase, and the phase it goes back to where it clearly does not. */
interface Floor extends Omit<Criterion, 'metric'> {
  readonly metric: keyof RolloutFigures | 'gate_accuracy'
  readonly to: PhaseNumber
}

/** A floor that figures are below, with what was measured. */
export interface BrokenFloor extends Floor {
  readonly measured: number
}

/** A step of the rollout: how far runs of a task class reach in it, what it takes to leave it, and what ends it. */
export interface RolloutPhase {
  readonly name: string
  readonly reach: Reach
  readonly exit: readonly Criterion[]
  readonly floor: readonly Floor[]
}

const NO_INCIDENTS: readonly Criterion[] = [
  { metric: 'forbidden_path_incidents', must: 'most', value: 0 },
  { metric: 'secret_incidents', must: 'most', value: 0 },
]

/**
 * Promotion was given for figures; where they clearly no longer hold, it is taken back. The phases that nobody had to be
 * promoted into have no floor, so that nothing an outsider writes into a repository closes what everybody starts with.
 */
const floorTo = (to: PhaseNumber): readonly Floor[] => [
  { metric: 'gate_accuracy', must: 'least', value: 0.9, to },
  { metric: 'completed', must: 'least', value: 0.5, to },
  { metric: 'publication_failures', must: 'most', value: 0.1, to },
  { metric: 'scope_rejections', must: 'most', value: 0.2, to },
  { metric: 'secret_incidents', must: 'most', value: 0, to },
  { metric: 'rollbacks', must: 'most', value: 0, to },
  { metric: 'verifier_escapes', must: 'most', value: 0.02, to },
]

/** The phases in their order. Shares are judged by their 95 % bounds. */
export const ROLLOUT_PHASES: Readonly<Record<PhaseNumber, RolloutPhase>> = {
  0: {
    name: 'dogfood on toy repositories',
    reach: 'draft_pr',
    exit: [{ metric: 'runs', must: 'least', value: 10 }],
    floor: [],
  },
  1: {
    name: 'analysis only on real repositories',
    reach: 'analysis_only',
    exit: [{ metric: 'runs', must: 'least', value: 20 }, ...NO_INCIDENTS],
    floor: [],
  },
  2: {
    name: 'dry-run patches on allowlisted repositories',
    reach: 'dry_run_patch',
    exit: [{ metric: 'runs', must: 'least', value: 50 }, ...NO_INCIDENTS],
    floor: [],
  },
  3: {
    name: 'draft pull requests for low-risk changes',
    reach: 'draft_pr',
    floor: [],
    exit: [
      { metric: 'runs', must: 'least', value: 100 },
      { metric: 'publication_failures', must: 'most', value: 0.02 },
      { metric: 'scope_rejections', must: 'most', value: 0.1 },
      ...NO_INCIDENTS,
    ],
  },
  4: {
    name: 'supervised pull requests with required approval',
    reach: 'supervised_pr',
    floor: floorTo(3),
    exit: [
      { metric: 'runs', must: 'least', value: 300 },
      { metric: 'merged', must: 'least', value: 0.7 },
      { metric: 'rollbacks', must: 'most', value: 0 },
      { metric: 'scope_rejections', must: 'most', value: 0.05 },
      { metric: 'verifier_escapes', must: 'most', value: 0.01 },
      { metric: 'average_changed_lines', must: 'most', value: 200 },
      ...NO_INCIDENTS,
    ],
  },
  5: {
    name: 'autonomous pull requests for safe classes',
    reach: 'autonomous_pr',
    floor: floorTo(4),
    exit: [
      { metric: 'runs', must: 'least', value: 300 },
      { metric: 'merged', must: 'least', value: 0.7 },
      { metric: 'rollbacks', must: 'most', value: 0 },
      { metric: 'verifier_escapes', must: 'most', value: 0.01 },
      ...NO_INCIDENTS,
    ],
  },
  6: { name: 'fleet campaigns with canary waves', reach: 'fleet_campaign', exit: [], floor: floorTo(5) },
}

/** A criterion with what was measured. `measured` is null where nobody measures it. */
export interface WeighedCriterion extends Criterion {
  readonly measured: number | null
  readonly met: boolean
}

/** Holds figures against the exit criteria of a phase. */
export const weighCriteria = (phase: PhaseNumber, figures: RolloutFigures): readonly WeighedCriterion[] =>
  ROLLOUT_PHASES[phase].exit.map((criterion) => {
    const measured = bound(figures[criterion.metric], criterion.must)
    const met =
      measured !== null && (criterion.must === 'least' ? measured >= criterion.value : measured <= criterion.value)
    return { ...criterion, measured, met }
  })

/** What keeps a task class in its phase. */
export const unmetCriteria = (phase: PhaseNumber, figures: RolloutFigures): readonly WeighedCriterion[] =>
  weighCriteria(phase, figures).filter(({ met }) => !met)

function bound(figure: number | Share | null, must: Criterion['must']): number | null {
  if (figure === null || typeof figure === 'number') return figure
  return must === 'least' ? lowerBound(figure) : upperBound(figure)
}

/**
 * What takes a class out of its phase: floors that the figures are below with 95 % confidence. What nobody measures
 * breaks none.
 */
export function brokenFloors(
  phase: PhaseNumber,
  figures: RolloutFigures & Pick<AutonomyFigures, 'gate_accuracy'>,
): readonly BrokenFloor[] {
  return ROLLOUT_PHASES[phase].floor.flatMap((floor) => {
    const measured = bound(figures[floor.metric], floor.must === 'least' ? 'most' : 'least')
    if (measured === null) return []
    const broken = floor.must === 'least' ? measured < floor.value : measured > floor.value
    return broken ? [{ ...floor, measured }] : []
  })
}
