/** The closed taxonomy: what ends badly is diagnosed as exactly one of these. */
export const FAILURE_CLASSES = {
  unclear_task: 'State the missing parts of the task and submit it again.',
  source_unavailable: 'Check that the repository and the ref exist and can be read from this machine.',
  setup_failed: 'Look at the setup log; the dependencies must install in the sandbox.',
  lockfile_refused: 'Mend the named lines of the lockfile with its own tool, commit, and start a run again.',
  egress_blocked:
    'If the named host is trusted, approve it with `gander approve RUN`, or name it in the sandbox profile.',
  approval_denied: 'The approval was refused; change the task so that it does not need it, or submit it again.',
  approval_timed_out: 'Nobody answered in time; `gander continue RUN` starts the task again and asks anew.',
  guest_failed: "Look at the guest's log with `gander artifacts RUN`; `gander agents` tells whether it answers.",
  guest_unavailable: 'Run `gander agents` and install what it names, then `gander continue RUN`.',
  baseline_broken: 'Make the verification profile pass or run on the base commit, or give another with --verify.',
  no_verifier: 'Give a verification profile with --verify FILE; without tests nothing can be proved.',
  evidence_missing:
    'Look at what is missing with `gander show RUN`; finish by hand, or change the capability on purpose.',
  capability_disabled:
    '`gander capability list` tells who disabled it and why; `gander continue RUN` once it is open again.',
  sandbox_breached: 'Run `gander doctor`; no run works on this machine until the named control holds.',
  scope_unfit: 'Correct the scope of the task as it says, and submit it again; no model was asked.',
  plan_rejected: 'Narrow the task or state its criteria; no plan met the quality rules.',
  not_repaired: 'Review the kept work with `gander diff RUN`; continue it by hand or allow more repairs.',
  nothing_changed:
    'The agent left the tree as it was; say more precisely what must be different, or close the request.',
  agent_stuck: 'Look at the last steps with `gander show RUN`; state the task more narrowly or use another model.',
  agent_blocked: 'Answer what the agent needs, then `gander continue RUN`.',
  policy_violation: 'Widen the task scope on purpose, or reject the change; nothing was published.',
  judge_rejected: 'Read the judge report; the change does not do what was asked.',
  judge_unavailable: 'Run `gander continue RUN` when the model answers again.',
  budget_exhausted: 'Run `gander continue RUN` with a larger budget.',
  model_unavailable: 'Check the model, its key and its address, then `gander continue RUN`.',
  model_departed: 'The recording does not fit this run any more; record it again with `gander record`.',
  outcome_unknown: 'A model call was interrupted twice; check the provider, then `gander continue RUN`.',
  publication_failed: 'Check the remote and its permissions; `gander continue RUN` publishes without new model calls.',
  sandbox_unavailable: 'Run `gander doctor` and do what it names.',
  worker_lost: 'The retry budget of the run is used up; look at the worker log.',
  storage_full: 'Free disk space under GANDER_HOME, then `gander continue RUN`.',
  internal: 'This is a defect of Gander; please report it with the evidence packet.',
} as const

export type FailureClass = keyof typeof FAILURE_CLASSES

/** A failure with what happened, why, and what a person can do next. */
export interface Diagnosed {
  readonly class: FailureClass
  readonly what: string
  readonly why: string
  readonly next: string
}

/** The action a person can take for a class of failure, with the run's id put in. */
export const nextAction = (failure: FailureClass, run: string): string =>
  FAILURE_CLASSES[failure].replaceAll('RUN', run)
