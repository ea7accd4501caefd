import type { ApprovalRequirement } from '#domain/approval'
import type { ApprovalKind } from '#domain/risk'
import type { PublicationWish } from '#ports'
import { ownersOf } from './code-owners.ts'
import type { ApprovalsFile } from './read-approval-rules.ts'
import { administratorsOf, holdersOf, type Register } from './who-answers.ts'

/** A kind of agreement that rules ask for, before anybody is named. */
export interface Needed {
  readonly kind: ApprovalKind
  readonly quorum: number
  readonly why: string
}

/**
 * Names the people of a kind. Of code owners one of each changed path's owners must agree; whom the matrix names beside
 * them may stand in for any. Where those who should cannot, platform administrators may, and the requirement says why. A
 * kind that the matrix does not know is anybody's but the requester's, if so ruled.
 */
export function resolvePeople(
  register: Register,
  wish: PublicationWish,
  { kind, quorum, why }: Needed,
): ApprovalRequirement {
  const { file, people } = register
  const { repository, requester } = wish.task
  const entry = file.matrix.find((each) => each.kind === kind)
  if (entry === undefined) return { kind, quorum, approvers: [], four_eyes: file.another_person, why }
  const others = [...entry.people, ...holdersOf(register, entry, repository)]
  const sets = entry.codeowners ? ownerSets(file, wish) : []
  const owners = unique(sets.flat())
  const persons = (names: readonly string[]) => unique(names.map((name) => people.personOf(name)))
  const asked: ApprovalRequirement = {
    kind,
    quorum: Math.max(quorum, entry.quorum),
    approvers: unique([...others, ...owners]),
    four_eyes: entry.four_eyes || file.another_person,
    why,
    ...(entry.codeowners && { owners }),
    ...(sets.length > 0 && { one_of_each: sets.map((set) => persons([...set, ...others])) }),
  }
  const because = whoIsMissing(register, asked, requester)
  const administrators = because === undefined ? [] : administratorsOf(register, repository)
  if (because === undefined || administrators.length === 0) return asked
  const stand_ins = persons(administrators)
  return {
    ...asked,
    approvers: unique([...asked.approvers, ...administrators]),
    administrators_because: because,
    ...(asked.one_of_each && { one_of_each: asked.one_of_each.map((set) => unique([...set, ...stand_ins])) }),
  }
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort()

/** The owners of each changed path, teams as their people; paths with the same owners are one set. */
function ownerSets(file: ApprovalsFile, { codeowners, paths }: PublicationWish): readonly (readonly string[])[] {
  const sets = ownersOf(codeowners ?? '', paths)
    .filter((owners) => owners.length > 0)
    .map((owners) => unique(owners.flatMap((owner) => file.teams[owner] ?? [owner])))
  return [...new Map(sets.map((set) => [set.join('\n'), set])).values()]
}

type Asked = Pick<ApprovalRequirement, 'kind' | 'quorum' | 'approvers' | 'four_eyes' | 'one_of_each'>

/** Why a requirement can never be met as things are; undefined where it can, or where anybody may. */
export function whoIsMissing(register: Register, asked: Asked, requester: string): string | undefined {
  if (!register.file.matrix.some(({ kind }) => kind === asked.kind)) return undefined
  const there = whoCanAnswer(register, asked, requester)
  const what = asked.kind.replaceAll('_', ' ')
  if (there.size < asked.quorum)
    return `${asked.quorum} ${asked.quorum === 1 ? 'person' : 'people'} must agree as ${what}, and ${there.size === 0 ? 'nobody' : `only ${there.size}`} can${named(asked.approvers)}`
  const alone = (asked.one_of_each ?? []).find((set) => !set.some((person) => there.has(person)))
  return alone && `one of ${alone.slice(0, 5).join(', ')} must agree as ${what}, and none of them can`
}

const named = (approvers: readonly string[]): string =>
  approvers.length === 0 ? '; no one is named' : ` of ${approvers.slice(0, 5).join(', ')}`

/** The distinct people of a requirement who can answer it at all. */
export function whoCanAnswer(
  register: Register,
  { approvers, four_eyes }: Pick<Asked, 'approvers' | 'four_eyes'>,
  requester: string,
): ReadonlySet<string> {
  const { people } = register
  const own = people.personOf(requester)
  const persons = approvers.filter((name) => isThere(register, name)).map((name) => people.personOf(name))
  return new Set(four_eyes ? persons.filter((person) => person !== own) : persons)
}

/** A team that no rule resolves, an address that is nobody's, a service, and who was shut out answer nothing. */
function isThere({ file, people, principals }: Register, name: string): boolean {
  const person = people.personOf(name)
  const records = principals.filter((record) => people.personOf(record.name) === person)
  if (records.length > 0) return records.some(({ kind, disabled_at }) => kind === 'person' && disabled_at === null)
  const is_linked = people.isLinked(name)
  return is_linked || (!name.includes('/') && (!name.includes('@') || file.shared_account))
}
