import type { RiskTier } from '../risk/index.ts'
import { CHECKS, type Check } from './checks.ts'
import { PLAN_RULES, SAMPLED_MUTANTS, type PlanRule } from './plan-rules.ts'

/** The rungs that a repository may have above its unit tests. */
export type Rung = Extract<Check, 'integration' | 'contract' | 'property' | 'mutation'>

/** What is asked for besides the rules, by a repository or by policy. Absent or less than the rules: the rules stand. */
export interface PlanAsk {
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

/** Which changes terms are about. A list that is absent or empty leaves nothing out; each that is given must match. */
export interface PlanScope {
  /** Globs of changed paths, one of which must match. */
  readonly paths?: readonly string[] | undefined
  /** Capabilities such as `dependency_upgrade`; a last `*` is any ending. */
  readonly task_classes?: readonly string[] | undefined
}

/** The `plan` of `.gander/verify.yaml`: terms for every change, and more for some. */
export interface PlanTerms extends PlanAsk {
  readonly where?: readonly (PlanAsk & PlanScope)[] | undefined
}

/** Terms with who asks for them, such as `.gander/verify.yaml` or `organisation (payments)`. */
export interface AskedPlan {
  readonly by: string
  readonly terms: PlanAsk
}

/** What must be verified in one run, as data. It is made from the risk by rules and can only be made stricter. */
export interface VerificationPlan extends Omit<PlanRule, 'why'> {
  readonly schema: 'gander.verification-plan/v1'
  /** Hash of the rules and of the terms. */
  readonly version: string
  readonly tier: RiskTier
  readonly task_class: string
  readonly why: readonly string[]
  readonly forbidden_shortcuts: readonly string[]
  /** How many mutants are tried where only a sample is. */
  readonly sample_mutants: number
  /** Checks that somebody asks for besides the rules: they must have been run and pass. */
  readonly asked_for: readonly { readonly check: Check; readonly by: string }[]
}

/** What a plan is made from. */
export interface PlanFacts {
  readonly tier: RiskTier
  readonly task_class: string
  readonly is_fix: boolean
  /** The run's limit of working minutes, of which the plan takes a share; absent: the rule's minutes stand. */
  readonly run_minutes?: number | undefined
  readonly asked?: readonly AskedPlan[] | undefined
}

/** Shortcuts that no plan allows; the gates of test integrity and verification look for them. */
const FORBIDDEN = [
  'delete_failing_test',
  'skip_test_without_approval',
  'weaken_assertion_without_justification',
  'change_runner_configuration_to_pass',
  'lower_coverage_threshold',
] as const

/** The plan for a run, without its version. Terms can only add to it: the strictest of each figure counts. */
export function makePlan(facts: PlanFacts): Omit<VerificationPlan, 'version'> {
  const { tier, task_class, is_fix, run_minutes, asked = [] } = facts
  const rule = PLAN_RULES[tier]
  const terms = asked.map((each) => each.terms)
  const asked_for = asked.flatMap(({ by, terms: { required = [] } }) => required.map((check) => ({ check, by })))
  const required = CHECKS.filter(
    (check) => rule.required.includes(check) || asked_for.some((one) => one.check === check),
  )
  const share = run_minutes === undefined ? rule.minutes : rule.budget_share * run_minutes
  return {
    schema: 'gander.verification-plan/v1',
    tier,
    task_class,
    why: [rule.why, ...(is_fix ? ['a fix owes a test that fails without it'] : []), ...asked.flatMap(sayTerms)],
    required,
    optional: CHECKS.filter((check) => rule.optional.includes(check) && !required.includes(check)),
    forbidden_shortcuts: FORBIDDEN,
    asked_for,
    strength_when: terms.some(asksForStrength) ? 'always' : rule.strength_when,
    mutants: Math.max(rule.mutants, ...terms.map(({ mutants = 0 }) => mutants)),
    sample_mutants: SAMPLED_MUTANTS,
    kill_ratio: strictest([rule.kill_ratio, ...terms.map(({ kill_ratio }) => kill_ratio)]),
    coverage: strictest([rule.coverage, ...terms.map(({ coverage }) => coverage)]),
    minutes: Math.max(Math.min(rule.minutes, share), ...terms.map(({ minutes = 0 }) => minutes)),
    budget_share: rule.budget_share,
  }
}

/** What the version of a plan is the hash of. */
export const planSubject = (asked: readonly AskedPlan[] = []) => ({
  rules: PLAN_RULES satisfies Readonly<Record<RiskTier, PlanRule>>,
  forbidden: FORBIDDEN,
  asked,
})

const asksForStrength = ({ required = [], mutants, kill_ratio, coverage }: PlanAsk): boolean =>
  mutants !== undefined ||
  kill_ratio !== undefined ||
  coverage !== undefined ||
  (['mutation', 'base_tests', 'changed_line_coverage'] as const).some((check) => required.includes(check))

function strictest(shares: readonly (number | null | undefined)[]): number | null {
  const given = shares.filter((share) => share !== null && share !== undefined)
  return given.length === 0 ? null : Math.max(...given)
}

const TERMS = ['required', 'mutants', 'kill_ratio', 'coverage', 'minutes'] as const

function sayTerms({ by, terms }: AskedPlan): readonly string[] {
  const said = TERMS.flatMap((name) => {
    const value = terms[name]
    if (value === undefined) return []
    return [`${name.replaceAll('_', ' ')} ${typeof value === 'number' ? value : value.join(', ')}`]
  })
  return said.length === 0 ? [] : [`${by} asks for ${said.join('; ')}`]
}
