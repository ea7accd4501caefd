import type { CutSecrets } from '#domain/event'
import type { EvidencePacket } from '#domain/packet'
import type { RunMode, Task } from '#domain/task'
import type { PushLimits } from './forge.ts'
import type { PullRequestLink } from './run-store.ts'
import type { RunRepository } from './repositories.ts'

/** What a run is about to publish, made by the platform from the task and the proposed tree. */
export interface PublicationPlan {
  readonly branch: string
  readonly commit: string
  readonly title: string
  readonly idempotency_key: string
}

/** What was cut out of the words of a publication before they left. */
interface WithCut {
  readonly cut: CutSecrets
}

/** The only hand that reaches a forge. Everything it does is idempotent by the plan's key. */
export interface Publisher {
  /** Makes the commit and names the branch; nothing leaves the machine. The same task and tree give the same plan. */
  prepare(of: {
    readonly run_id: string
    readonly task: Task
    readonly repository: RunRepository
    readonly tree: string
    readonly summary: string
    /** Seconds since the epoch. */
    readonly timestamp: number
  }): Promise<PublicationPlan & WithCut>
  /** What could not be pushed to the forge of a repository; see `Forge.pushLimits`. */
  pushLimits?(repository: string): Promise<PushLimits | undefined>
  /** Pushes the branch; for `draft_pr` opens the pull request too. @throws GanderError `publication_failed` */
  publish(of: {
    readonly plan: PublicationPlan
    readonly mode: Extract<RunMode, 'local_branch' | 'draft_pr'>
    readonly repository: RunRepository
    readonly packet: EvidencePacket
    readonly packet_sha256: string
    /** Asked right before each write to a remote; throws where it may not be made any more. Absent: it always may. */
    readonly leave?: () => Promise<void>
  }): Promise<PullRequestLink & WithCut>
}
