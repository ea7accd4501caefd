import { createPeople, plainName, type ApprovalRequirement, type People } from '#domain/approval'
import { standing, type Role, type RoleGrant } from '#domain/identity'
import type { ApprovalKind } from '#domain/risk'
import type { PrincipalRecord } from '#ports'
import type { ApprovalsFile, MatrixEntry } from './read-approval-rules.ts'

/** Who is known at this moment, and what the rules make of them. Made anew for each answer and each use. */
export interface Register {
  readonly file: ApprovalsFile
  readonly people: People
  readonly principals: readonly PrincipalRecord[]
}

/**
 * Joins the rules with the principals on record: one sign-in of an issuer is one person, whatever accounts it has, and so
 * are those for whom the provider vouches the same address.
 */
export function openRegister(file: ApprovalsFile, records: readonly PrincipalRecord[], now: number): Register {
  const at = new Date(now).toISOString()
  const principals = records.map((record) => ({ ...record, grants: standing(record.grants, at) }))
  const links = new Map<string, readonly string[]>(Object.entries(file.people))
  for (const { name, oidc, email } of principals)
    if (oidc !== null)
      links.set(name, [...(links.get(name) ?? []), `oidc ${oidc.subject}`, ...(email === undefined ? [] : [email])])
  return { file, people: createPeople(Object.fromEntries(links)), principals }
}

/** How an answer came. */
export interface Answering {
  readonly by: string
  /** Who signed in; absent: the name was typed on this machine. */
  readonly principal_id?: string
  /** The account that this process runs for. */
  readonly account: string
}

/** Whoever answers, as far as it is verified. */
export interface Answerer {
  readonly by: string
  readonly person: string
  /** False where a service, a worker or a run speaks, or somebody who was shut out. */
  readonly may_speak: boolean
}

/** Who stands behind an answer: a sign-in, else the account of this machine, else the typed name where that is shared. */
export function whoAnswers({ file, people, principals }: Register, { by, principal_id, account }: Answering): Answerer {
  const signed_in = principals.find(({ id }) => id === principal_id)
  const shown = principal_id === undefined && !file.shared_account ? account : by
  const person = people.personOf(signed_in?.name ?? shown)
  const records = principals.filter(({ name }) => [by, shown].some((typed) => plainName(typed) === plainName(name)))
  const known = signed_in === undefined ? records : [signed_in]
  return { by, person, may_speak: known.every(({ kind, disabled_at }) => kind === 'person' && disabled_at === null) }
}

/** True where the answer is the requester's own, under any name of theirs. */
export function isOwn(register: Register, answering: Answering, requester: string): boolean {
  const { by, principal_id, account } = answering
  const local = principal_id === undefined && !register.file.shared_account
  return (local ? [by, account] : [by]).some((name) => register.people.isSame(name, requester))
}

/** What a kind of approval is asked of a person for. */
interface Matter {
  readonly requirements: readonly ApprovalRequirement[]
  readonly repository: string
  readonly requester: string
}

/** The kinds this person may give now, by the rules and roles of now. */
export function servesNow(register: Register, person: string, matter: Matter): readonly ApprovalKind[] {
  const { people, principals } = register
  const own = people.isSame(person, matter.requester)
  const records = principals.filter(({ name }) => people.personOf(name) === person)
  if (records.length > 0 && records.every(({ kind, disabled_at }) => kind !== 'person' || disabled_at !== null))
    return []
  return matter.requirements
    .filter(({ four_eyes }) => !(four_eyes && own))
    .filter((requirement) => mayGive(register, person, { ...requirement, repository: matter.repository }))
    .map(({ kind }) => kind)
}

type Asked = ApprovalRequirement & { readonly repository: string }

function mayGive(register: Register, person: string, asked: Asked): boolean {
  const { file, people } = register
  const entry = file.matrix.find(({ kind }) => kind === asked.kind)
  if (entry === undefined) return true
  const is = (name: string) => people.isSame(name, person)
  if (entry.people.some(is)) return true
  if (entry.codeowners && (asked.owners ?? asked.approvers).some(is)) return true
  const roles = asked.administrators_because === undefined ? entry.roles : [...entry.roles, ADMINISTRATOR]
  return holdsRole(register, person, { roles, repository: asked.repository })
}

/** Whoever runs the platform answers where those who should cannot. */
const ADMINISTRATOR: Role = 'platform_administrator'

function holdsRole(
  { people, principals }: Register,
  person: string,
  { roles, repository }: { readonly roles: readonly Role[]; readonly repository: string },
): boolean {
  return principals
    .filter(
      ({ name, kind, disabled_at }) => kind === 'person' && disabled_at === null && people.personOf(name) === person,
    )
    .some(({ grants }) => grants.some((grant) => roles.includes(grant.role) && covers(grant, repository)))
}

/** Names of those who hold a role of the entry now, for a list that people read. */
export const holdersOf = (register: Register, entry: MatrixEntry, repository: string): readonly string[] =>
  namesWith(register, entry.roles, repository)

/** Names of the people who run the platform now. */
export const administratorsOf = (register: Register, repository: string): readonly string[] =>
  namesWith(register, [ADMINISTRATOR], repository)

const namesWith = ({ principals }: Register, roles: readonly Role[], repository: string): readonly string[] =>
  principals
    .filter(({ kind, disabled_at }) => kind === 'person' && disabled_at === null)
    .filter(({ grants }) => grants.some((grant) => roles.includes(grant.role) && covers(grant, repository)))
    .map(({ name }) => name)

const covers = ({ repository: granted }: RoleGrant, repository: string): boolean =>
  granted === null || (granted.endsWith('/') ? repository.startsWith(granted) : repository === granted)
