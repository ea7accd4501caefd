import { isComplete } from '../approval/index.ts'
import { nextAction, type Diagnosed } from '../failure/index.ts'
import { ok, refuse } from '../result/index.ts'
import { illegal, type Decision, type RunCommand, type RunEvent } from './command.ts'
import { isEnd } from './lifecycle.ts'
import type { Run } from './run.ts'

type Command<Type extends RunCommand['type']> = Extract<RunCommand, { type: Type }>

/** An answer counts once, and only for the approval that the run waits for; a yes ends the wait when it completes it. */
export function decideApproval(run: Run, answer: Command<'decide_approval'>): Decision {
  const { approval, decision, by, reason } = answer
  if (run.state !== 'awaiting_approval' || run.approval !== approval)
    return illegal(run, decision === 'rejected' ? 'blocked_policy' : 'queued')
  const go_on: RunEvent = { event: 'run_continued', facts: { return_to: run.return_to, by } }
  if (decision === 'changes_requested') return ok([decided(answer), go_on])
  if (decision === 'rejected') {
    const what = `${by} rejected what the run asked for.`
    const why = reason === '' ? 'No reason was given.' : reason
    const packet_sha256 = answer.packet_sha256 ?? run.facts.packet_sha256
    const diagnosis = { class: 'approval_denied', what, why, next: nextAction('approval_denied', run.id) } as const
    return ok([decided(answer), ...ended('blocked_policy', diagnosis, packet_sha256)])
  }
  const { needs = [], votes = [] } = run
  if (needs.length === 0 || answer.vote === undefined)
    return needs.length === 0 ? ok([decided(answer), go_on]) : illegal(run, 'queued')
  const { person, serves } = answer.vote
  if (votes.some((vote) => vote.person === person))
    return refuse({
      code: 'already_answered',
      from: run.state,
      to: 'queued',
      message: `${by} said yes already; another person is needed`,
    })
  const together = [...votes, answer.vote]
  const voted: RunEvent = {
    event: 'approval_voted',
    facts: {
      approval,
      approver: by,
      person,
      serves,
      reason,
      ...(answer.own_request === undefined ? {} : { own_request: answer.own_request }),
    },
  }
  if (!isComplete(needs, together)) return ok([voted])
  const approvers = together.map((vote) => vote.by)
  return ok([voted, decided(answer, approvers), go_on])
}

function decided(answer: Command<'decide_approval'>, approvers: readonly string[] = []): RunEvent {
  const { approval, decision, by, reason, at, own_request } = answer
  return {
    event: 'approval_decision',
    facts: {
      approval,
      approver: by,
      decision,
      reason,
      timestamp: at,
      ...(own_request === undefined ? {} : { own_request }),
      ...(approvers.length > 1 ? { approvers } : {}),
    },
  }
}

/** A yes is taken back before it is used: while others are awaited it no longer counts, and afterwards nothing does. */
export function revokeApproval(run: Run, { approval, person, by, reason }: Command<'revoke_approval'>): Decision {
  if (isEnd(run.state)) return illegal(run, null)
  if (run.state === 'awaiting_approval' && !(run.votes ?? []).some((vote) => vote.person === person))
    return refuse({
      code: 'illegal_transition',
      from: run.state,
      to: null,
      message: `${by} has said no yes that could be taken back`,
    })
  return ok([{ event: 'approval_revoked', facts: { approval, approver: by, person, reason } }])
}

/** What no answer in time leads to; the request says which. */
export function timeOutApproval(run: Run, { approval, outcome }: Command<'time_out_approval'>): Decision {
  if (run.state !== 'awaiting_approval' || run.approval !== approval) return illegal(run, 'queued')
  const late: RunEvent = { event: 'approval_timed_out', facts: { approval, outcome } }
  if (outcome === 'continue')
    return ok([late, { event: 'run_continued', facts: { return_to: run.return_to, by: 'timeout' } }])
  const diagnosis = {
    class: 'approval_timed_out',
    what: 'Nobody answered in time what the run asked for.',
    why: 'The request has expired, and its profile says that the run then stops.',
    next: nextAction('approval_timed_out', run.id),
  } as const
  return ok([late, ...ended('needs_human', diagnosis, run.facts.packet_sha256)])
}

function ended(
  state: 'blocked_policy' | 'needs_human',
  diagnosis: Diagnosed,
  packet_sha256: string | null,
): readonly RunEvent[] {
  return [
    { event: 'run_failed', facts: { ...diagnosis, terminal_state: state } },
    { event: 'run_completed', facts: { terminal_state: state, summary: diagnosis.what, packet_sha256 } },
  ]
}
