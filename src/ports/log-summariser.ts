import type { Diagnosis, RootCause } from '#domain/verification'
import type { Redactor } from './redactor.ts'

/** A line of a log as a terminal would have shown it. */
interface LogLine {
  /** Counted from one. */
  readonly number: number
  readonly text: string
}

/** Why a log says that something failed, in a few lines of it. */
export interface LogSummary {
  /** `unknown`: nothing in it looks like a failure. */
  readonly classification: Diagnosis['classification'] | 'unknown'
  /** The surest first, ten at most; empty where the log names no place and no reason. */
  readonly root_causes: readonly RootCause[]
  readonly likely_direction: string
  /** In the order of the log; blank lines and repetitions are left out. */
  readonly lines: readonly LogLine[]
  /** How many lines and bytes the log has. */
  readonly total_lines: number
  readonly total_bytes: number
  /** True where lines with something in them are not among `lines`, or one of these was cut short. */
  readonly truncated: boolean
  /** Secrets that were cut out of what was looked at. */
  readonly redactions: number
}

/** Reads a log once, however long it is, in memory that does not grow with it. */
export type SummariseLog = (
  log: AsyncIterable<Uint8Array>,
  how: {
    /** Lines to give at most. */
    readonly lines: number
    readonly redactor: Redactor
  },
) => Promise<LogSummary>
