import { isSimilar, type Approval, type ApprovalRequirement } from '#domain/approval'
import type { TenantId } from '#domain/ids'
import { ok, refuse, type Result } from '#domain/result'
import type { ApprovalKind } from '#domain/risk'
import type { Task } from '#domain/task'
import type {
  ApprovalRecords,
  ApprovalRules,
  AskTerms,
  Clock,
  Identities,
  PrincipalRecord,
  PublicationWish,
} from '#ports'
import { matcherOf, ownersOf } from './code-owners.ts'
import type { ApprovalsFile } from './read-approval-rules.ts'
import { holdersOf, openRegister, servesNow, type Register } from './who-answers.ts'

/** What the rules are read from, each time anew: what was tightened since a run asked counts. */
export interface RuleParts {
  /** @throws GanderError `approval_rules_invalid` */
  readonly rules: () => Promise<ApprovalsFile>
  readonly identities: Pick<Identities, 'principals'>
  readonly records: ApprovalRecords
  readonly clock: Clock
}

/** A day, where the rules say nothing of a kind. */
const DAY_MINUTES = 24 * 60

/** Reads the register of a tenant as it is now. */
export async function registerOf(
  { rules, identities, clock }: Omit<RuleParts, 'records'>,
  tenant: TenantId,
): Promise<Register> {
  const file = await rules()
  const principals: PrincipalRecord[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await identities.principals(tenant, { limit: 200, cursor })
    principals.push(...page.items)
    if (page.next_cursor === null) return openRegister(file, principals, clock.now())
    cursor = page.next_cursor
  }
}

/** The side of approvals that workers ask: who must agree, on which terms, and whether a yes still counts. */
export function createApprovalRules(parts: RuleParts): ApprovalRules {
  return {
    forPublication: async (wish) => requirementsFor(await registerOf(parts, wish.task.tenant_id), wish),
    terms: (question, run) => termsOf(parts, question, run),
    stillGood: async (approval, task) => stillGood(await registerOf(parts, task.tenant_id), approval, task),
  }
}

function requirementsFor(register: Register, wish: PublicationWish): readonly ApprovalRequirement[] {
  const { file } = register
  const own = file.require
    .filter(({ classes }) => classes.length === 0 || classes.includes(wish.task.capability))
    .filter(({ paths }) => paths.length === 0 || wish.paths.some((path) => paths.some((glob) => matcherOf(glob)(path))))
    .flatMap(({ kinds }) => kinds.map((kind) => ({ kind, quorum: 1, why: 'approvals.yaml' })))
  const asked = [...own, ...wish.required]
  return [...new Set(asked.map(({ kind }) => kind))].map((kind) => {
    const all = asked.filter((each) => each.kind === kind)
    const quorum = Math.max(...all.map((each) => each.quorum))
    return resolved(register, wish, { kind, quorum, why: [...new Set(all.map(({ why }) => why))].join('; ') })
  })
}

interface Needed {
  readonly kind: ApprovalKind
  readonly quorum: number
  readonly why: string
}

/** Names the people of a kind. A kind that the matrix does not know is anybody's but the requester's, if so ruled. */
function resolved(register: Register, wish: PublicationWish, { kind, quorum, why }: Needed): ApprovalRequirement {
  const { file } = register
  const entry = file.matrix.find((each) => each.kind === kind)
  if (entry === undefined) return { kind, quorum, approvers: [], four_eyes: file.another_person, why }
  const owners = entry.codeowners ? codeOwners(file, wish) : { names: [], sets: 0 }
  const approvers = [...entry.people, ...owners.names, ...holdersOf(register, entry, wish.task.repository)]
  return {
    kind,
    quorum: Math.max(quorum, entry.quorum, owners.sets),
    approvers: [...new Set(approvers)].sort(),
    four_eyes: entry.four_eyes || file.another_person,
    why,
  }
}

/** Owners that every changed path has in common; where there are none, those of any, and one for each set of owners. */
function codeOwners(file: ApprovalsFile, { codeowners, paths }: PublicationWish) {
  const of_paths = ownersOf(codeowners ?? '', paths).filter((owners) => owners.length > 0)
  const sets = of_paths.map((owners) => [...new Set(owners.flatMap((owner) => file.teams[owner] ?? [owner]))])
  const common = (sets[0] ?? []).filter((owner) => sets.every((set) => set.includes(owner)))
  if (common.length > 0) return { names: common, sets: 1 }
  const distinct = new Set(sets.map((set) => [...set].sort().join('\n')))
  return { names: sets.flat(), sets: distinct.size }
}

async function termsOf(parts: RuleParts, ...[question, run]: Parameters<ApprovalRules['terms']>): Promise<AskTerms> {
  const { limits, matrix } = await parts.rules()
  const kinds = question.requirements.map(({ kind }) => kind)
  const valid_minutes = matrix
    .filter(({ kind }) => kinds.includes(kind))
    .reduce((least, each) => Math.min(least, each.valid_minutes), DAY_MINUTES)
  const terms: AskTerms = { requirements: question.requirements, valid_minutes, escalated_from: null, refused: null }
  if (question.kind === 'checkpoint') return terms
  if (run.asked >= limits.per_run)
    return { ...terms, refused: `This run has asked people ${run.asked} times, and ${limits.per_run} is the most.` }
  const { tenant_id, repository } = run.task
  const refused = await parts.records.refused(tenant_id, repository, limits.cooldown_minutes)
  const earlier = refused.find((known) => known.kind === question.kind && isSimilar(known, question))
  if (earlier === undefined) return terms
  const { id, decided_by, decided_at, requested_at } = earlier
  const escalated_from = { approval: id, by: decided_by ?? 'somebody', at: decided_at ?? requested_at }
  if (limits.cooldown === 'refuse')
    return {
      ...terms,
      escalated_from,
      refused: `${escalated_from.by} refused nearly the same at ${escalated_from.at}, less than ${limits.cooldown_minutes} minutes ago.`,
    }
  return { ...terms, escalated_from, requirements: question.requirements.map(escalated) }
}

/** Asked again after a no, a question takes one more person where there is one, and never the requester. */
const escalated = (requirement: ApprovalRequirement): ApprovalRequirement => ({
  ...requirement,
  four_eyes: true,
  quorum: requirement.approvers.length > requirement.quorum ? requirement.quorum + 1 : requirement.quorum,
})

/** Rules, roles and accounts are read again: a yes of somebody who may no longer give it is none. */
function stillGood(register: Register, approval: Approval, task: Task): Result<true, string> {
  const { requirements = [], votes = [], decided_by } = approval
  const matter = { requirements, repository: task.repository, requester: task.requester }
  if (requirements.length === 0) {
    const record = register.principals.find(({ name }) => name === decided_by)
    const gone = record !== undefined && (record.disabled_at !== null || record.kind !== 'person')
    return gone ? refuse(`${decided_by} may answer no more.`) : ok(true)
  }
  for (const { kind, quorum } of requirements) {
    const standing = votes.filter(
      ({ person, serves }) => serves.includes(kind) && servesNow(register, person, matter).includes(kind),
    )
    if (new Set(standing.map(({ person }) => person)).size < quorum)
      return refuse(
        `Of ${quorum} ${quorum === 1 ? 'yes' : 'yeses'} as ${kind.replaceAll('_', ' ')} only ${standing.length} still ${standing.length === 1 ? 'counts' : 'count'}.`,
      )
  }
  return ok(true)
}
