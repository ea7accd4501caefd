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
}

/** How many yeses a requirement still lacks. */
export interface MissingVotes {
  readonly kind: ApprovalKind
  readonly have: number
  readonly quorum: number
}

/** What the votes do not cover yet. A person counts once for each kind; one person may serve several kinds. */
export function stillMissing(
  requirements: readonly Pick<ApprovalRequirement, 'kind' | 'quorum'>[],
  votes: readonly ApprovalVote[],
): readonly MissingVotes[] {
  return requirements.flatMap(({ kind, quorum }) => {
    const people = new Set(votes.filter(({ serves }) => serves.includes(kind)).map(({ person }) => person))
    return people.size >= quorum ? [] : [{ kind, quorum, have: people.size }]
  })
}

/** True where the votes are enough; without requirements one yes is. */
export const isComplete = (
  requirements: readonly Pick<ApprovalRequirement, 'kind' | 'quorum'>[],
  votes: readonly ApprovalVote[],
): boolean => (requirements.length === 0 ? votes.length > 0 : stillMissing(requirements, votes).length === 0)
