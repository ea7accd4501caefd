import { LEVEL_NAMES, type GateAuthority } from '../workflow/index.ts'
import type { RiskReading } from '../risk/index.ts'
import { REACHES, type CapSource, type Reach } from './reach.ts'

/** The highest level that one consideration gives a run, and why. */
export interface LevelCap {
  readonly source: CapSource | 'workflow' | 'earned'
  readonly level: GateAuthority
  readonly reason: string
}

/** The level after all caps; `limited_by` is empty where it is what was asked for. */
export interface LevelGrant {
  readonly wanted: GateAuthority
  readonly level: GateAuthority
  readonly caps: readonly LevelCap[]
  readonly limited_by: readonly LevelCap[]
}

/** The lowest cap wins; no cap gives more than was asked for. */
export function capLevel(wanted: GateAuthority, caps: readonly LevelCap[]): LevelGrant {
  const level = caps.reduce((low, cap) => (cap.level < low ? cap.level : low), wanted)
  return { wanted, level, caps, limited_by: level < wanted ? caps.filter((cap) => cap.level === level) : [] }
}

/** A change that stays in this machine's store needs nobody's word; what leaves it is held to the level of its risk. */
export function riskLevelCap({ tier, max_level }: Pick<RiskReading, 'tier' | 'max_level'>, reach: Reach): LevelCap {
  if (REACHES.indexOf(reach) < REACHES.indexOf('local_branch'))
    return { source: 'risk', level: 4, reason: `nothing leaves with ${reach}` }
  return {
    source: 'risk',
    level: max_level,
    reason: `${tier} risk goes as far as level ${max_level} (${LEVEL_NAMES[max_level]})`,
  }
}

/** Gates decide about a merge only where a repository was brought in under a contract. */
export const onboardingLevelCap = (onboarded: boolean): LevelCap =>
  onboarded
    ? { source: 'onboarding', level: 4, reason: 'the repository is onboarded' }
    : { source: 'onboarding', level: 3, reason: 'the repository is not onboarded' }

/** `coverage` is the share of lines that tests reach, null where nobody measured. */
export function gateStrengthLevelCap(coverage: number | null): LevelCap {
  const cap = (level: GateAuthority, reason: string): LevelCap => ({ source: 'gate_strength', level, reason })
  if (coverage === null) return cap(3, 'nobody measured how much of the code its tests reach')
  const percent = `${Math.floor(coverage * 100)} %`
  return coverage < 0.9
    ? cap(3, `tests reach ${percent} of the lines, less than 90 %`)
    : cap(4, `tests reach ${percent} of the lines`)
}
