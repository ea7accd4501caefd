import type { ApprovalRequirement } from '#domain/approval'
import type { PublicationWish } from '#ports'
import type { Register } from './who-answers.ts'

/**
 * A reviewer's approval in a repository that names its reviewers: one of them must be among the yeses, whoever else
 * agrees. Teams are the people that the rules say they are.
 */
export function byRequiredReviewers(
  { file, people }: Register,
  { task: { agreement } }: Pick<PublicationWish, 'task'>,
  requirement: ApprovalRequirement,
): ApprovalRequirement {
  const named = agreement?.required_reviewers ?? []
  if (requirement.kind !== 'reviewer' || named.length === 0) return requirement
  const reviewers = [...new Set(named.flatMap((name) => file.teams[name] ?? [name]))].sort()
  const set = [...new Set(reviewers.map((name) => people.personOf(name)))].sort()
  const anybody = requirement.approvers.length === 0
  return {
    ...requirement,
    approvers: anybody ? reviewers : [...new Set([...requirement.approvers, ...reviewers])].sort(),
    one_of_each: [...(requirement.one_of_each ?? []), set],
    why: `${requirement.why}; the repository's reviewers`,
  }
}
