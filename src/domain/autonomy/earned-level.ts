import type { GateAuthority } from '../workflow/index.ts'
import { lowerBound, upperBound, type Share } from './bounds.ts'

/** What runs of one task class have shown. */
export interface AutonomyFigures {
  readonly runs: number
  readonly successful: number
  /** Gate verdicts that the final outcome bore out, of all that could be compared. */
  readonly gate_accuracy: Share
  /** Runs in which a person decided against a gate. */
  readonly overridden: Share
  /** Repairs and send-backs over all runs. */
  readonly retries: number
}

interface LevelCriterion {
  readonly successful: number
  /** Of all runs; null: any. */
  readonly success_rate: number | null
  readonly gate_accuracy: number | null
  readonly override_rate: number | null
  readonly average_retries: number | null
}

/** What it takes to go up to a level. Where two documents differ the stricter figure stands. */
const LEVEL_CRITERIA: Readonly<Record<2 | 3 | 4, LevelCriterion>> = {
  2: { successful: 10, success_rate: null, gate_accuracy: null, override_rate: null, average_retries: null },
  3: { successful: 50, success_rate: null, gate_accuracy: 0.9, override_rate: 0.2, average_retries: 2 },
  4: { successful: 100, success_rate: 0.95, gate_accuracy: 0.98, override_rate: 0.05, average_retries: 1.5 },
}

/**
 * The highest level whose criteria the figures meet with 95 % confidence, no level left out, and what the next one
 * still lacks.
 */
export function earnedLevel(figures: AutonomyFigures): {
  readonly level: GateAuthority
  readonly missing: readonly string[]
} {
  let level: GateAuthority = 1
  for (const next of [2, 3, 4] as const) {
    const missing = unmet(figures, LEVEL_CRITERIA[next])
    if (missing.length > 0) return { level, missing }
    level = next
  }
  return { level, missing: [] }
}

function unmet(figures: AutonomyFigures, wanted: LevelCriterion): readonly string[] {
  const { runs, successful, gate_accuracy, overridden, retries } = figures
  const missing: string[] = []
  const owe = (met: boolean, text: string) => {
    if (!met) missing.push(text)
  }
  owe(successful >= wanted.successful, `${successful} of ${wanted.successful} successful runs`)
  const { success_rate, gate_accuracy: accuracy, override_rate, average_retries } = wanted
  if (success_rate !== null)
    owe(
      lowerBound({ hits: successful, of: runs }) >= success_rate,
      `success of at least ${percent(lowerBound({ hits: successful, of: runs }))}, wanted ${percent(success_rate)}`,
    )
  if (accuracy !== null)
    owe(
      lowerBound(gate_accuracy) > accuracy,
      `gates right in at least ${percent(lowerBound(gate_accuracy))}, wanted more than ${percent(accuracy)}`,
    )
  if (override_rate !== null)
    owe(
      upperBound(overridden) < override_rate,
      `people decided against gates in up to ${percent(upperBound(overridden))} of runs, wanted less than ${percent(override_rate)}`,
    )
  if (average_retries !== null)
    owe(
      runs > 0 && retries / runs < average_retries,
      `${runs === 0 ? 'no runs' : (retries / runs).toFixed(2)} retries a run, wanted fewer than ${average_retries}`,
    )
  return missing
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
