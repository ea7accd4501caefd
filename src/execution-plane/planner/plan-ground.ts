import type { Task } from '#domain/task'
import type { VerificationProfile } from '#domain/verification'
import type { PushLimits } from '#ports'

/** A file that is probably meant, with why. */
export interface LikelyFile {
  readonly path: string
  readonly reasons: readonly string[]
}

/** What is known of a repository in view of one task before anything is planned. The platform's own, from maps and ranker. */
export interface PlanGround {
  /** Best first; empty where nobody looked, or nothing fits. */
  readonly likely: readonly LikelyFile[]
  /** Runs the tests of the likely files alone; null where nothing tells how. */
  readonly focused_command: string | null
  /** Commands that the repository has for building and testing, by its manifests; absent: nobody looked. */
  readonly commands?: readonly string[]
  /** Who answers for the likely files; empty where nobody is named. */
  readonly owners: readonly string[]
  /** Why care is due, in words. */
  readonly risk_notes: readonly string[]
  /** What the forge's token may not push. Absent: nobody knows, and nothing is said of it. */
  readonly push_limits?: PushLimits
  /** Why the likely files may be worse than they could be, a sentence each; absent or empty: nothing was in the way. */
  readonly unsure?: readonly string[]
}

/** What a plan is held against besides its own words. */
export interface PlanQuestion {
  readonly task: Task
  readonly ground?: PlanGround
  /** How the change will be verified; absent where it is not known yet. */
  readonly profile?: Pick<VerificationProfile, 'phases'>
}
