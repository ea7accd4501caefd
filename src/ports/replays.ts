import type { RunId } from '#domain/ids'
import type { RunOverview } from './run-store.ts'

/** One thing that a replay is held against its original by. */
export interface ReplayComparison {
  readonly what: 'tree' | 'verdict' | 'decisions' | 'steps'
  readonly same: boolean
  readonly was: string
  readonly is: string
}

/** What running a run again came to. */
export interface ReplayReport {
  readonly run_id: RunId
  readonly replay_id: RunId
  readonly same: boolean
  readonly compared: readonly ReplayComparison[]
  /** The first step that is another one; null where every step is the same. */
  readonly departed: { readonly step: number; readonly key: string; readonly why: string } | null
}

/**
 * Runs again what is on record: the same base commit, contract, policy bundle and recorded answers, in a fresh sandbox,
 * opening nothing.
 */
export interface Replays {
  /**
   * Makes the package of a run that has ended, or takes the one given, and queues the replay.
   * @throws GanderError `run_not_in_state`, `replay_refused`, `run_not_found`
   */
  start(run: RunId, by: string, given?: string): Promise<RunOverview>
  /** Holds a replay that has ended against its original. @throws GanderError `run_not_in_state`, `run_not_found` */
  report(replay: RunId): Promise<ReplayReport>
  /** The package as a file's text; absent where it is not offered, as over a server. */
  package?(run: RunId): Promise<string>
}
