import type { TenantId } from '../ids/index.ts'
import type { Permission } from './roles.ts'

/**
 * What a rule may ask about: who asks, of which repository, for what kind of run, and when (the server's clock, UTC).
 * Facts are the platform's own. Document 2 section 11 asks for checks of the circumstances besides roles.
 */
export const ACCESS_FACTS = [
  'subject.role',
  'subject.kind',
  'subject.name',
  'repository.address',
  'repository.risk_tier',
  'repository.owner_team',
  'run.mode',
  'run.capability',
  'run.level',
  'time.weekday',
  'time.hour',
] as const

export type AccessFact = (typeof ACCESS_FACTS)[number]

/** Something a fact may be; a subject has several roles, and one that fits is enough. */
type FactValue = string | number | readonly string[]

/** The facts of one request; one that is not known is absent. */
export type AccessFacts = Readonly<Partial<Record<AccessFact, FactValue>>>

/** What must hold of a fact. A fact that is not known fulfils nothing, `not_in` neither. */
export interface AccessCondition {
  readonly fact: AccessFact
  /** One of these; an address that ends with a slash stands for everything below it. */
  readonly in?: readonly (string | number)[]
  readonly not_in?: readonly (string | number)[]
  readonly at_least?: number
  readonly at_most?: number
}

/** A circumstance under which an act that a role opens stays open. It only takes away. */
export interface AccessRule {
  readonly action: Permission
  /** Null means the callers of every tenant. */
  readonly tenants: readonly TenantId[] | null
  /** All of them must hold. */
  readonly allow_if: readonly AccessCondition[]
  /** For whoever is refused; null: the condition itself is told. */
  readonly reason: string | null
}

/** Acts whose facts say which repository they are for, and its record. */
const ABOUT_A_REPOSITORY: readonly Permission[] = [
  'task.submit',
  'run.cancel',
  'run.continue',
  'approval.decide',
  'checkpoint.answer',
]

/** The facts that rules about an act may name. What a run will be like is asked when it is ordered. */
export const factsOf = (action: Permission): readonly AccessFact[] =>
  ACCESS_FACTS.filter((fact) => {
    if (fact.startsWith('run.')) return action === 'task.submit'
    return !fact.startsWith('repository.') || ABOUT_A_REPOSITORY.includes(action)
  })

/** Whether deciding an act asks for the record of its repository. */
export const asksForRecord = (rules: readonly AccessRule[], action: Permission): boolean =>
  rules.some(
    (rule) =>
      rule.action === action &&
      rule.allow_if.some(({ fact }) => fact === 'repository.risk_tier' || fact === 'repository.owner_team'),
  )

/** One act that somebody asks for. */
export interface AccessRequest {
  readonly tenant_id: TenantId
  readonly action: Permission
  readonly facts: AccessFacts
}

/** Why the rules close an act that a role opens; undefined where they leave it open. */
export function closedBy(rules: readonly AccessRule[], asked: AccessRequest): string | undefined {
  for (const rule of rules) {
    if (rule.action !== asked.action || (rule.tenants !== null && !rule.tenants.includes(asked.tenant_id))) continue
    const broken = rule.allow_if.find((condition) => !holds(condition, asked.facts[condition.fact]))
    if (broken !== undefined) return rule.reason ?? told(broken, asked.facts[broken.fact])
  }
  return undefined
}

function holds({ fact, ...condition }: AccessCondition, value: FactValue | undefined): boolean {
  if (value === undefined) return false
  const values: readonly (string | number)[] = typeof value === 'object' ? value : [value]
  const among = (list: readonly (string | number)[]) =>
    values.some((one) => list.some((other) => fits(fact, one, other)))
  if (condition.in !== undefined && !among(condition.in)) return false
  if (condition.not_in !== undefined && among(condition.not_in)) return false
  const numbers = values.filter((one) => typeof one === 'number')
  if (condition.at_least !== undefined && !numbers.some((one) => one >= (condition.at_least ?? one))) return false
  return condition.at_most === undefined || numbers.some((one) => one <= (condition.at_most ?? one))
}

const fits = (fact: AccessFact, value: string | number, said: string | number): boolean =>
  value === said ||
  (fact === 'repository.address' && String(said).endsWith('/') && String(value).startsWith(String(said)))

function told({ fact, ...condition }: AccessCondition, value: FactValue | undefined): string {
  const parts = [
    condition.in === undefined ? [] : [`one of ${condition.in.join(', ')}`],
    condition.not_in === undefined ? [] : [`none of ${condition.not_in.join(', ')}`],
    condition.at_least === undefined ? [] : [`at least ${condition.at_least}`],
    condition.at_most === undefined ? [] : [`at most ${condition.at_most}`],
  ]
  const is = value === undefined ? 'is not known' : `is ${typeof value === 'object' ? value.join(', ') : value}`
  return `${fact} must be ${parts.flat().join(' and ')}, and ${is}`
}
