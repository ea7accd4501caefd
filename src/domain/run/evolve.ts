import type { RunEvent } from './command.ts'
import type { EndState } from './lifecycle.ts'
import { withEvidence, type Run } from './run.ts'

/** Applies one fact to a run. Pure; folding a run's events over its queued form gives its present form. */
export function evolve(run: Run, event: RunEvent): Run {
  const core = coreOf(run)
  switch (event.event) {
    case 'run_leased': {
      const { worker, fence, attempt } = event.facts
      const resume_to = run.state === 'queued' ? run.resume_to : null
      return { ...core, state: 'leased', lease: { worker, fence }, resume_to, fence, attempts: attempt }
    }
    case 'run_returned_to_queue':
      return { ...core, state: 'queued', resume_to: event.facts.resume_to, attempts: attemptsAfter(run, event.facts) }
    case 'run_state_changed': {
      const { from, to, evidence } = event.facts
      if (!('lease' in run)) throw new Error(`event run_state_changed does not fit a ${run.state} run`)
      // A run that gets on is no run that kills its workers: only attempts without progress are counted.
      const attempts = from === 'leased' ? core.attempts : Math.min(core.attempts, 1)
      return { ...core, attempts, state: to, lease: run.lease, facts: withEvidence(run.facts, evidence) }
    }
    case 'run_paused':
      return { ...core, state: 'paused', ...pick(event.facts) }
    case 'approval_requested':
      return awaiting(core, event.facts)
    case 'approval_decision':
    case 'approval_timed_out':
      return { ...run, version: core.version }
    case 'approval_voted':
    case 'approval_revoked':
      return { ...withVotes(run, event), version: core.version }
    case 'run_continued':
      return { ...core, state: 'queued', resume_to: event.facts.return_to, attempts: 0 }
    case 'run_cancel_requested':
      return { ...run, version: core.version, cancel_requested_by: event.facts.by }
    case 'run_cancelled':
      return { ...core, state: 'cancelled', by: event.facts.by }
    case 'run_failed': {
      const { terminal_state, ...diagnosis } = event.facts
      return { ...core, state: terminal_state as 'failed', diagnosis }
    }
    case 'run_completed':
      return finished(run, core, event.facts)
    default:
      return event satisfies never
  }
}

const attemptsAfter = ({ attempts }: Run, { reason }: { readonly reason: string }): number =>
  reason === 'worker_left' ? Math.max(0, attempts - 1) : attempts

type Core = ReturnType<typeof coreOf>

function coreOf(run: Run) {
  const { id, tenant_id, task_id, mode, is_fix, fence, attempts, max_attempts, cancel_requested_by, facts } = run
  return {
    id,
    tenant_id,
    task_id,
    mode,
    is_fix,
    version: run.version + 1,
    fence,
    attempts,
    max_attempts,
    cancel_requested_by,
    facts,
  }
}

function awaiting(core: Core, facts: Extract<RunEvent, { event: 'approval_requested' }>['facts']): Run {
  const { return_to, approval } = facts
  const needs = (facts.requirements ?? []).map(({ kind, quorum, one_of_each }) => ({
    kind,
    quorum,
    ...(one_of_each !== undefined && { one_of_each }),
  }))
  return { ...core, state: 'awaiting_approval', return_to, approval, ...(needs.length > 0 && { needs }) }
}

/** A yes that came, or was taken back while others are awaited; a run that waits no more has no votes. */
function withVotes(
  run: Run,
  { event, facts }: Extract<RunEvent, { event: 'approval_voted' | 'approval_revoked' }>,
): Run {
  if (run.state !== 'awaiting_approval' || run.approval !== facts.approval) return run
  const others = (run.votes ?? []).filter(({ person }) => person !== facts.person)
  if (event === 'approval_revoked') return { ...run, votes: others }
  return { ...run, votes: [...others, { person: facts.person, by: facts.approver, serves: facts.serves }] }
}

const pick = ({ return_to, reason, explanation }: Extract<RunEvent, { event: 'run_paused' }>['facts']) => ({
  return_to,
  reason,
  explanation,
})

function finished(run: Run, core: Core, facts: Extract<RunEvent, { event: 'run_completed' }>['facts']): Run {
  const terminal = facts.terminal_state as EndState
  const recorded = withEvidence(core.facts, facts.evidence ?? {})
  const kept = { ...recorded, packet_sha256: facts.packet_sha256 ?? core.facts.packet_sha256 }
  if (terminal === 'completed')
    return {
      ...core,
      facts: kept,
      state: 'completed',
      packet_sha256: facts.packet_sha256 ?? '',
      summary: facts.summary,
    }
  return { ...run, version: core.version, facts: kept }
}
