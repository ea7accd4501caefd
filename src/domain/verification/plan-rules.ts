import type { RiskTier } from '../risk/index.ts'
import type { Check } from './checks.ts'

/** What a tier of risk asks for. */
export interface PlanRule {
  readonly why: string
  readonly required: readonly Check[]
  readonly optional: readonly Check[]
  /**
   * `altered`: only where lines of a test or of a runner's configuration of the base commit were changed or removed;
   * `sampled`: elsewhere too, with `sample_mutants` and without coverage; `always`: in full.
   */
  readonly strength_when: 'always' | 'sampled' | 'altered'
  /** How many mutants are planted at most. */
  readonly mutants: number
  /** The least share of them that must be killed; below it the gate fails. Null: survivors are named and nothing more. */
  readonly kill_ratio: number | null
  /** The least share of changed lines that tests must reach; null: what they miss is named and nothing more. */
  readonly coverage: number | null
  /** For all that goes beyond the profile's phases, at most. */
  readonly minutes: number
  /** The largest share of the run's own minutes that this may take, 0 to 1; what is asked for besides is given anyway. */
  readonly budget_share: number
}

/** How many mutants a plan tries that only takes a sample: each costs a run of the tests. */
export const SAMPLED_MUTANTS = 2

/** Every tier runs all tests of the profile: a cheaper plan has to be asked for by nobody. */
const ALWAYS: readonly Check[] = ['compile', 'focused_tests', 'module_tests', 'all_tests', 'diff_review']
const CHEAP: readonly Check[] = ['format', 'lint', 'types', 'security']
const RUNGS: readonly Check[] = ['integration', 'contract', 'property', 'mutation']
const STRENGTH: readonly Check[] = ['changed_line_coverage', 'base_tests']

/** The rules of this version. */
export const PLAN_RULES: Readonly<Record<RiskTier, PlanRule>> = {
  low: {
    why: 'low risk: the tests of the repository, and more only where the tests themselves were altered',
    required: ALWAYS,
    optional: [...CHEAP, ...RUNGS, ...STRENGTH],
    strength_when: 'altered',
    mutants: 4,
    kill_ratio: null,
    coverage: null,
    minutes: 2,
    budget_share: 0.05,
  },
  medium: {
    why: 'medium risk: the tests of the repository, those of the base commit, and a few mutants of what changed',
    required: [...ALWAYS, 'base_tests'],
    optional: [...CHEAP, ...RUNGS, 'changed_line_coverage'],
    strength_when: 'sampled',
    mutants: 6,
    kill_ratio: null,
    coverage: null,
    minutes: 3,
    budget_share: 0.05,
  },
  high: {
    why: 'high risk: the tests must also reach what changed and notice when it is wrong',
    required: [...ALWAYS, 'types', 'base_tests', 'mutation'],
    optional: ['format', 'lint', 'security', 'integration', 'contract', 'property', 'changed_line_coverage'],
    strength_when: 'always',
    mutants: 8,
    kill_ratio: 0.5,
    coverage: null,
    minutes: 5,
    budget_share: 0.1,
  },
  critical: {
    why: 'critical risk: every rung that the repository has, and tests that notice most of what could be wrong',
    required: [...ALWAYS, 'types', 'security', 'base_tests', 'integration', 'contract', 'property', 'mutation'],
    optional: ['format', 'lint', 'changed_line_coverage'],
    strength_when: 'always',
    mutants: 10,
    kill_ratio: 0.6,
    coverage: null,
    minutes: 10,
    budget_share: 0.2,
  },
}
