import type { GateName } from '../gate/index.ts'
import type { RunMode } from '../task/index.ts'
import type { RunState } from './lifecycle.ts'
import type { RunFacts } from './run.ts'

/** What a guard reads. */
export interface Guarded {
  readonly mode: RunMode
  readonly is_fix: boolean
  readonly facts: RunFacts
}

interface Guard {
  /** Completes the sentence "…only". */
  readonly requires: string
  /** `before` is what was on record without the evidence of this move. */
  readonly holds: (run: Guarded, before: RunFacts) => boolean
}

/** The gates that look at the proposed tree alone and need nothing to be run. */
const INSIDE_BOUNDARY: readonly GateName[] = [
  'boundary',
  'protected_files',
  'secrets',
  'special_files',
  'dependencies',
  'test_integrity',
]

const BEFORE_REVIEW: readonly GateName[] = [...INSIDE_BOUNDARY, 'verification', 'red_green', 'test_strength']

const passed = (run: Guarded, gates: readonly GateName[]): boolean =>
  gates.every((gate) => {
    const answer = run.facts.gates[gate]
    return answer === 'pass' || answer === 'not_required'
  })

/** What must be on record before an arrow into a state is taken; keyed `from>to`, or `>to` for every origin. */
export const GUARDS: Readonly<Record<string, Guard>> = {
  '>preparing': { requires: 'while policy still allows the run', holds: (run) => run.facts.policy_allows },
  '>reproducing': { requires: 'with a recorded base commit', holds: (run) => run.facts.base_sha !== null },
  '>planning': { requires: 'with a recorded base commit', holds: (run) => run.facts.base_sha !== null },
  '>editing': {
    requires: 'with an accepted plan, a recorded baseline and, for a fix, a recorded reproduction',
    holds: (run) =>
      run.facts.plan_sha256 !== null &&
      run.facts.baseline_sha256 !== null &&
      run.facts.gates.plan === 'pass' &&
      (!run.is_fix || run.facts.reproduction !== null),
  },
  '>verifying': {
    requires: 'with a proposed tree inside its boundary',
    holds: (run) => run.facts.tree !== null && passed(run, INSIDE_BOUNDARY),
  },
  'verifying>repairing': {
    requires: 'with repair budget left, one repair counted',
    holds: (run, before) =>
      run.facts.repairs_used === before.repairs_used + 1 && run.facts.repairs_used <= run.facts.repairs_allowed,
  },
  'judging>repairing': {
    requires: 'once',
    holds: (run, before) => before.judge_send_backs === 0 && run.facts.judge_send_backs === 1,
  },
  '>judging': {
    requires: 'when every deterministic gate and every required verifier passed',
    holds: (run) => passed(run, BEFORE_REVIEW),
  },
  '>pr_preparing': {
    requires: 'when every required gate passed, in mode draft_pr, and policy allows',
    holds: (run) => passed(run, [...BEFORE_REVIEW, 'judge']) && run.mode === 'draft_pr' && run.facts.policy_allows,
  },
  '>pr_created': {
    requires: 'with a branch and a draft pull request',
    holds: (run) => run.facts.branch !== null && run.facts.pull_request !== null,
  },
  'planning>completed': {
    requires: 'in mode analysis_only, with a plan or a review and an evidence packet',
    holds: (run) => run.mode === 'analysis_only' && run.facts.plan_sha256 !== null && run.facts.packet_sha256 !== null,
  },
  'judging>completed': {
    requires: 'in a mode without a pull request, when every required gate passed, with an evidence packet',
    holds: (run) =>
      (run.mode === 'dry_run_patch' || run.mode === 'local_branch') &&
      passed(run, [...BEFORE_REVIEW, 'judge']) &&
      run.facts.packet_sha256 !== null,
  },
  'pr_created>completed': { requires: 'with an evidence packet', holds: (run) => run.facts.packet_sha256 !== null },
}

/** Names what is not on record for an arrow; undefined when it may be taken. Resuming is guarded by its own memory. */
export function unmetGuard(from: RunState, to: RunState, run: Guarded, before: RunFacts): string | undefined {
  const guards = [GUARDS[`${from}>${to}`], from === 'leased' && to !== 'preparing' ? undefined : GUARDS[`>${to}`]]
  return guards.find((guard) => guard !== undefined && !guard.holds(run, before))?.requires
}
