import type { ApprovalKind } from '../risk/index.ts'

/** One person's yes. */
export interface ApprovalVote {
  /** Who it is, whatever account they used: no person counts twice. */
  readonly person: string
  /** The name it was given under. */
  readonly by: string
  /** The kinds of approval this person may give for this request. */
  readonly serves: readonly ApprovalKind[]
}

/** One kind of agreement that a request needs. */
export interface ApprovalRequirement {
  readonly kind: ApprovalKind
  /** Distinct people; at least 1. */
  readonly quorum: number
  /** Who may give it, as it was resolved when it was asked; whether they still may is read again later. */
  readonly approvers: readonly string[]
  /** True: the requester's own yes does not count. */
  readonly four_eyes: boolean
  /** The rules that ask for it. */
  readonly why: string
  /** Sets of people, by what `ApprovalVote.person` calls them, of each of which one must be among the yeses; absent: none. */
  readonly one_of_each?: readonly (readonly string[])[]
  /** Who may give it for owning what is changed; absent: nobody for that reason, or in older requests all approvers. */
  readonly owners?: readonly string[]
  /** Why platform administrators may give it too: those who should cannot. Absent: they may not. */
  readonly administrators_because?: string
}

/** What completes a requirement. */
export type ApprovalNeed = Pick<ApprovalRequirement, 'kind' | 'quorum' | 'one_of_each'>

/** How many yeses a requirement still lacks. */
export interface MissingVotes {
  readonly kind: ApprovalKind
  readonly have: number
  readonly quorum: number
}

/**
 * What the votes do not cover yet. A person counts once for each kind; one person may serve several kinds, and stand in
 * several sets. While a set has nobody, one yes more is missing, however many there are.
 */
export function stillMissing(
  requirements: readonly ApprovalNeed[],
  votes: readonly ApprovalVote[],
): readonly MissingVotes[] {
  return requirements.flatMap(({ kind, quorum, one_of_each = [] }) => {
    const people = new Set(votes.filter(({ serves }) => serves.includes(kind)).map(({ person }) => person))
    const has_all = one_of_each.every((set) => set.some((person) => people.has(person)))
    const wanted = has_all ? quorum : Math.max(quorum, people.size + 1)
    return people.size >= wanted ? [] : [{ kind, quorum: wanted, have: people.size }]
  })
}

/** True where the votes are enough; without requirements one yes is. */
export const isComplete = (requirements: readonly ApprovalNeed[], votes: readonly ApprovalVote[]): boolean =>
  requirements.length === 0 ? votes.length > 0 : stillMissing(requirements, votes).length === 0
