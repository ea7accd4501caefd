import { isSimilar, stillMissing, type Approval, type ApprovalRequirement } from '#domain/approval'
import type { TenantId } from '#domain/ids'
import { ok, refuse, type Result } from '#domain/result'
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
import { matcherOf } from '#domain/path'
import type { ApprovalsFile } from './read-approval-rules.ts'
import { byRequiredReviewers } from './required-reviewers.ts'
import { resolvePeople, whoCanAnswer, whoIsMissing } from './resolve-people.ts'
import { openRegister, servesNow, type Register } from './who-answers.ts'

/** What the rules are read from, each time anew: what was tightened since a run asked counts. */
export interface RuleParts {
  /** @throws GanderError `approval_rules_invalid` */
  readonly rules: () => Promise<ApprovalsFile>
  readonly identities: Pick<Identities, 'principals'>
  readonly records: ApprovalRecords
  readonly clock: Clock
}

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
    const why = [...new Set(all.map((each) => each.why))].join('; ')
    return byRequiredReviewers(register, wish, resolvePeople(register, wish, { kind, quorum, why }))
  })
}

async function termsOf(parts: RuleParts, ...[question, run]: Parameters<ApprovalRules['terms']>): Promise<AskTerms> {
  const register = await registerOf(parts, run.task.tenant_id)
  const { limits } = register.file
  const { requirements } = question
  const valid_minutes = validMinutes(register, question)
  const terms: AskTerms = { requirements, valid_minutes, escalated_from: null, refused: null }
  if (question.kind === 'checkpoint') return terms
  if (run.asked >= limits.per_run)
    return { ...terms, refused: `This run has asked people ${run.asked} times, and ${limits.per_run} is the most.` }
  const { tenant_id, repository, requester } = run.task
  const refused = await parts.records.refused(tenant_id, repository, limits.cooldown_minutes)
  const earlier = refused.find((known) => known.kind === question.kind && isSimilar(known, question))
  if (earlier === undefined) return forSomebody(register, terms, requester)
  const { id, decided_by, decided_at, requested_at } = earlier
  const escalated_from = { approval: id, by: decided_by ?? 'somebody', at: decided_at ?? requested_at }
  if (limits.cooldown === 'refuse')
    return {
      ...terms,
      escalated_from,
      refused: `${escalated_from.by} refused nearly the same at ${escalated_from.at}, less than ${limits.cooldown_minutes} minutes ago.`,
    }
  const harder = requirements.map((requirement) => escalated(register, requirement, requester))
  return forSomebody(register, { ...terms, escalated_from, requirements: harder }, requester)
}

/** The least of what its kind of question and its kinds of approval say. */
function validMinutes(
  { file: { matrix, expires } }: Register,
  { kind, requirements }: Parameters<ApprovalRules['terms']>[0],
): number {
  const kinds = requirements.map((requirement) => requirement.kind)
  return matrix
    .filter((entry) => kinds.includes(entry.kind))
    .reduce((least, each) => Math.min(least, each.valid_minutes), expires[kind])
}

/** What nobody could ever answer is not put to people: a run must not wait for nobody. */
function forSomebody(register: Register, terms: AskTerms, requester: string): AskTerms {
  const missing = terms.requirements.flatMap((each) => whoIsMissing(register, each, requester) ?? [])
  if (missing.length === 0) return terms
  return {
    ...terms,
    refused: `Nobody could complete it: ${missing.join('; ')}. No platform administrator can stand in.`,
  }
}

/** Asked again after a no, a question takes one more person where there is one, and never the requester. */
function escalated(register: Register, requirement: ApprovalRequirement, requester: string): ApprovalRequirement {
  const harder = { ...requirement, four_eyes: true }
  const more = whoCanAnswer(register, harder, requester).size > requirement.quorum ? 1 : 0
  return { ...harder, quorum: requirement.quorum + more }
}

/** Rules, roles and accounts are read again: a yes of somebody who may no longer give it is none. */
function stillGood(register: Register, approval: Approval, task: Task): Result<true, string> {
  const { requirements = [], votes = [], decided_by } = approval
  const matter = { requirements, repository: task.repository, requester: task.requester }
  if (requirements.length === 0) {
    const record = register.principals.find(({ name }) => name === decided_by)
    const gone = record !== undefined && (record.disabled_at !== null || record.kind !== 'person')
    return gone ? refuse(`${decided_by} may answer no more.`) : ok(true)
  }
  for (const requirement of requirements) {
    const { kind } = requirement
    const standing = votes.filter(
      ({ person, serves }) => serves.includes(kind) && servesNow(register, person, matter).includes(kind),
    )
    const [missing] = stillMissing([requirement], standing)
    if (missing === undefined) continue
    const { quorum } = missing
    return refuse(
      `Of ${quorum} ${quorum === 1 ? 'yes' : 'yeses'} as ${kind.replaceAll('_', ' ')} only ${standing.length} still ${standing.length === 1 ? 'counts' : 'count'}.`,
    )
  }
  return ok(true)
}
