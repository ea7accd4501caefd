import { addedCuts, type CutSecrets } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { Task } from '#domain/task'
import type { Forge, PersonalClass, PublicationPlan, PullRequestLink, Publisher, Redactor, RunRepository } from '#ports'
import { branchName, commitMessage, pullRequestBody, pullRequestLabels } from './describe-pull-request.ts'

interface PublisherParts {
  /** Which forge keeps the pull requests of a repository. */
  readonly forgeOf: (repository: string) => Forge
  readonly redactor: Redactor
}

/** A pull request is read by more people than the log it quotes; the commit itself says what it says. */
const PERSONAL: readonly PersonalClass[] = ['email_address', 'private_url', 'phone_number', 'iban', 'payment_card']

type Publication = Parameters<Publisher['publish']>[0]
type Published = Awaited<ReturnType<Publisher['publish']>>
const NOTHING_CUT: CutSecrets = addedCuts([])

/** Makes the publisher over the forges that were wired. */
export function createPublisher({ forgeOf, redactor }: PublisherParts): Publisher {
  return {
    async prepare({ run_id, task, repository, tree, summary, timestamp }) {
      const message = await redactor.redact(commitMessage(task, run_id, summary))
      const parent = repository.source.commit
      const commit = await repository.commit({ tree, parent, message: message.text, timestamp })
      const title = await redactor.redact(titleOf(task))
      const idempotency_key = keyOf(task, run_id, parent)
      return { branch: branchName(task), commit, title: title.text, idempotency_key, cut: addedCuts([message, title]) }
    },
    pushLimits: async (repository) => forgeOf(repository).pushLimits?.(repository),
    async publish(publication) {
      if (publication.mode === 'local_branch') return pushOnly(publication)
      return openDraft(publication, forgeOf(publication.repository.source.repository), redactor)
    },
  }
}

/** Hands a branch to the repository the task came from; the user's own checkout stays as it is. */
async function pushOnly({ plan, repository, leave }: Publication): Promise<Published> {
  const { repository: address } = repository.source
  await leave?.()
  await push(repository, plan, address)
  const { branch, commit: head_commit, idempotency_key } = plan
  return { url: `${address}#${branch}`, number: 0, branch, head_commit, idempotency_key, cut: NOTHING_CUT }
}

/** Searches by key before it makes anything: the branch first, the pull request second. */
async function openDraft(publication: Publication, forge: Forge, redactor: Redactor): Promise<Published> {
  const { plan, repository, packet, packet_sha256 } = publication
  const { repository: address, base_branch, commit: base_commit } = repository.source
  const existing = await forge.findPullRequest(address, plan.idempotency_key)
  if (existing !== undefined && existing.head_commit === plan.commit)
    return { ...linkOf(existing, plan), cut: NOTHING_CUT }
  const to = await forge.pushAddress(address)
  await publication.leave?.()
  await push(repository, plan, to)
  const public_words = { classes: PERSONAL, except: address }
  const { text: body, ...cut } = await redactor.redact(pullRequestBody(packet, packet_sha256), public_words)
  await publication.leave?.()
  const opened = await forge.openPullRequest({
    idempotency_key: plan.idempotency_key,
    repository: address,
    title: plan.title,
    body,
    head_branch: plan.branch,
    base_branch,
    head_commit: plan.commit,
    base_commit,
    draft: true,
    labels: pullRequestLabels(packet),
  })
  return { ...linkOf(opened, plan), cut }
}

async function push(repository: RunRepository, plan: PublicationPlan, remote: string): Promise<void> {
  if (plan.branch === repository.source.base_branch)
    throw new GanderError(
      'publication_failed',
      `the branch ${plan.branch} is the base branch; the platform never pushes there`,
    )
  await repository.push(plan.commit, plan.branch, remote)
}

function linkOf(opened: { readonly url: string; readonly number: number }, plan: PublicationPlan): PullRequestLink {
  const { branch, commit: head_commit, idempotency_key } = plan
  return { url: opened.url, number: opened.number, branch, head_commit, idempotency_key }
}

const keyOf = (task: Task, run_id: string, base: string): string => `agent-pr:${task.id}:${run_id}:${base}`

const titleOf = (task: Task): string => task.title.replaceAll(/\s+/g, ' ').trim().slice(0, 120)
