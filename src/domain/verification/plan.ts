import type { RiskTier } from '../risk/index.ts'
import { CHECKS, type Check } from './checks.ts'
import { PLAN_RULES, type PlanRule } from './plan-rules.ts'

/** The rungs that a repository may have above its unit tests. */
export type Rung = Extract<Check, 'integration' | 'contract' | 'property' | 'mutation'>

/** What a repository's own file asks for besides the rules. Absent or less than the rules: the rules stand. */
export interface PlanTerms {
  /** Checks that must run and pass whatever the risk is. */
  readonly required?: readonly Check[] | undefined
  /** The least number of mutants of changed lines. */
  readonly mutants?: number | undefined
  /** The least share of mutants that tests must kill, 0 to 1; below it the gate fails. */
  readonly kill_ratio?: number | undefined
  /** The least share of changed lines that tests must reach, 0 to 1; below it the gate fails. */
  readonly coverage?: number | undefined
  /** The least time that is given to what goes beyond the profile's phases. */
  readonly minutes?: number | undefined
}

/** What must be verified in one run, as data. It is made from the risk by rules and can only be made stricter. */
export interface VerificationPlan extends Omit<PlanRule, 'why'> {
  readonly schema: 'gander.verification-plan/v1'
  /** Hash of the rules and of the repository's terms. */
  readonly version: string
  readonly tier: RiskTier
  readonly task_class: string
  readonly why: readonly string[]
  readonly forbidden_shortcuts: readonly string[]
}

/** What a plan is made from. */
export interface PlanFacts {
  readonly tier: RiskTier
  readonly task_class: string
  readonly is_fix: boolean
  readonly terms?: PlanTerms | undefined
}

/** Shortcuts that no plan allows; the gates of test integrity and verification look for them. */
const FORBIDDEN = [
  'delete_failing_test',
  'skip_test_without_approval',
  'weaken_assertion_without_justification',
  'change_runner_configuration_to_pass',
  'lower_coverage_threshold',
] as const

/** The plan for a run, without its version. */
export function makePlan(facts: PlanFacts): Omit<VerificationPlan, 'version'> {
  const { tier, task_class, is_fix, terms = {} } = facts
  const rule = PLAN_RULES[tier]
  const asked = terms.required ?? []
  const required = CHECKS.filter((check) => rule.required.includes(check) || asked.includes(check))
  return {
    schema: 'gander.verification-plan/v1',
    tier,
    task_class,
    why: [rule.why, ...(is_fix ? ['a fix owes a test that fails without it'] : []), ...sayTerms(terms)],
    required,
    optional: CHECKS.filter((check) => rule.optional.includes(check) && !required.includes(check)),
    forbidden_shortcuts: FORBIDDEN,
    strength_when: rule.strength_when === 'always' || asksForStrength(terms) ? 'always' : 'altered',
    mutants: Math.max(rule.mutants, terms.mutants ?? 0),
    kill_ratio: strictest(rule.kill_ratio, terms.kill_ratio),
    coverage: strictest(rule.coverage, terms.coverage),
    minutes: Math.max(rule.minutes, terms.minutes ?? 0),
  }
}

/** What the version of a plan is the hash of. */
export const planSubject = (terms: PlanTerms | undefined) => ({
  rules: PLAN_RULES satisfies Readonly<Record<RiskTier, PlanRule>>,
  forbidden: FORBIDDEN,
  terms: terms ?? null,
})

const asksForStrength = ({ required = [], mutants, kill_ratio, coverage }: PlanTerms): boolean =>
  mutants !== undefined ||
  kill_ratio !== undefined ||
  coverage !== undefined ||
  (['mutation', 'base_tests', 'changed_line_coverage'] as const).some((check) => required.includes(check))

const strictest = (rule: number | null, asked: number | undefined): number | null =>
  asked === undefined ? rule : Math.max(rule ?? 0, asked)

function sayTerms(terms: PlanTerms): readonly string[] {
  const given = Object.entries(terms).filter(([, value]) => value !== undefined)
  const said = given.map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : value}`)
  return said.length === 0 ? [] : [`the repository asks for ${said.join('; ')}`]
}
