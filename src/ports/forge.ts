/** What the platform wants to see on a forge; the only way a run reaches the outside. */
export interface PullRequestIntent {
  /** `agent-pr:{task_id}:{run_id}:{base_sha}`; searched for before anything is made. */
  readonly idempotency_key: string
  readonly repository: string
  readonly title: string
  readonly body: string
  readonly head_branch: string
  readonly base_branch: string
  readonly head_commit: string
  readonly base_commit: string
  readonly draft: true
  readonly labels: readonly string[]
}

export interface PullRequest {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'closed' | 'merged'
  readonly draft: boolean
  readonly head_branch: string
  readonly head_commit: string
  readonly base_branch: string
  readonly labels: readonly string[]
  readonly idempotency_key: string
  /** RFC 3339. */
  readonly created_at: string
}

/** What a forge's token may not push, as the forge itself says. */
export interface PushLimits {
  /** Globs from the root of the repository; empty: it may push every path. */
  readonly unpushable: readonly string[]
  /** Why, for people, such as `the token lacks the scope for workflows`; empty where nothing is unpushable. */
  readonly because: string
}

/** A place that keeps branches and pull requests. */
export interface Forge {
  readonly name: string
  /** A git address that a branch can be pushed to for this repository. */
  pushAddress(repository: string): Promise<string>
  findPullRequest(repository: string, idempotency_key: string): Promise<PullRequest | undefined>
  /** Makes the pull request, or returns the one that the key already has. @throws GanderError `publication_failed` */
  openPullRequest(intent: PullRequestIntent): Promise<PullRequest>
  listPullRequests(repository: string): Promise<readonly PullRequest[]>
  /** Asked before a run spends anything. Absent, and undefined from it: nobody knows, and nothing is taken for it. */
  pushLimits?(repository: string): Promise<PushLimits | undefined>
  /** Removes a branch of the platform that is still at this commit; false where it is not. Absent: never. */
  removeBranch?(repository: string, branch: string, commit: string): Promise<boolean>
}
