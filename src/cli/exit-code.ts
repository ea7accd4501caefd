import type { RunState } from '#domain/run'

/** Every way a command can end, with what scripts may rely on. The reference page is made from this table. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'Done: the run completed, or the command did what it says.' },
  denied: { code: 1, meaning: 'Denied: a packet or a check does not hold; the reason is told.' },
  usage: { code: 2, meaning: 'Usage: the command, a flag, a file or the task has to be corrected.' },
  waits: { code: 3, meaning: 'A person is needed: the run is needs_human, paused or awaiting_approval.' },
  refused: { code: 4, meaning: 'Blocked by policy or rejected; nothing was published.' },
  failed: { code: 5, meaning: 'Failed: the run, or something it needs, is broken.' },
  cancelled: { code: 130, meaning: 'Cancelled, by Ctrl-C or `gander cancel`.' },
} as const

const BY_STATE: Readonly<Record<RunState, keyof typeof EXIT_CODES>> = {
  queued: 'waits',
  leased: 'waits',
  preparing: 'waits',
  reproducing: 'waits',
  planning: 'waits',
  editing: 'waits',
  verifying: 'waits',
  repairing: 'waits',
  judging: 'waits',
  pr_preparing: 'waits',
  pr_created: 'waits',
  awaiting_approval: 'waits',
  paused: 'waits',
  needs_human: 'waits',
  completed: 'done',
  blocked_policy: 'refused',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** The exit code of a command that worked on or watched a run which is now in this state. */
export const exitCodeOf = (state: RunState): number => EXIT_CODES[BY_STATE[state]].code
